// libcurl for Swift. Two reasons to exist: curl_easy_setopt is variadic, which Swift cannot call, and libcurl must not be
// linked: it drags in thirty shared libraries, which doubles the start of a process that only asks the control socket.
// So <curl/curl.h> gives types and constants alone, and the library itself is opened at first use.
//
// Nothing may call a curl_… function by its own name: it would not link.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/// Opens libcurl, once for the process and from whichever thread asks first.
/// Returns NULL when it is ready, else why it is not; the text lives as long as the process.
const char *ccurl_problem(void);

/// The same question of any library: whether `name` can be opened and has every function used here.
/// Writes why not into `why`; true when it could be used.
bool ccurl_can_open(const char *name, char *why, size_t size);

/// `libcurl/7.88.1 OpenSSL/3.0.15 …`; NULL when the library could not be opened.
const char *ccurl_version(void);

/// A new transfer; NULL when the library could not be opened or memory is short.
CURL *ccurl_init(void);
void ccurl_cleanup(CURL *handle);

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
/// Text is copied by libcurl; pointers are not.
CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
/// The certificate authorities to trust, as PEM text, in place of libcurl's own file of them; copied by libcurl.
/// CURLE_UNKNOWN_OPTION before libcurl 7.77.
CURLcode ccurl_set_authorities(CURL *handle, const void *pem, size_t count);
/// The path of libcurl's own file of authorities; NULL when it has none, or doesn't tell (before 7.84).
const char *ccurl_authorities_path(CURL *handle);
/// A request body; copied by libcurl.
CURLcode ccurl_set_body(CURL *handle, const void *bytes, size_t count);
/// The protocols a transfer may use, as `http,https`; falls back to `mask` (CURLPROTO_…) before libcurl 7.85.
CURLcode ccurl_set_protocols(CURL *handle, const char *names, long mask);

/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. Returning less than `count` aborts the transfer.
typedef size_t (*ccurl_bytes)(char *bytes, size_t size, size_t count, void *context);
CURLcode ccurl_on_body(CURL *handle, ccurl_bytes callback, void *context);
CURLcode ccurl_on_header(CURL *handle, ccurl_bytes callback, void *context);
/// Called about once a second and on every progress; returning other than 0 aborts the transfer.
CURLcode ccurl_on_progress(CURL *handle, curl_xferinfo_callback callback, void *context);
/// Makes the socket for an address about to be connected; CURL_SOCKET_BAD refuses that address.
CURLcode ccurl_on_open_socket(CURL *handle, curl_opensocket_callback callback, void *context);

/// Hears what is said and answered (CURLOPT_DEBUGFUNCTION), which libcurl prints nothing of then.
CURLcode ccurl_on_debug(CURL *handle, curl_debug_callback callback, void *context);

/// A mail's body of several parts; NULL when memory is short. To be freed after the transfer's handle.
curl_mime *ccurl_mime(CURL *handle);
void ccurl_mime_free(curl_mime *mime);
/// One more part: its type as `text/plain; charset=utf-8`, its encoding as `quoted-printable`; all copied.
CURLcode ccurl_mime_add(curl_mime *mime, const char *type, const char *encoding, const void *bytes, size_t count);
CURLcode ccurl_set_mime(CURL *handle, curl_mime *mime);

/// Carries the transfer out. A write to a connection that was closed cannot raise SIGPIPE.
CURLcode ccurl_perform(CURL *handle);
/// libcurl's sentence for a code.
const char *ccurl_text(CURLcode code);

CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value);

/// The list with one more text; NULL when memory is short, and then the list is as it was.
struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *text);
void ccurl_list_free(struct curl_slist *list);

/// Any of HTTP's three forms of a date, in seconds since 1970; -1 when it is none.
time_t ccurl_date(const char *text);

#define CCURL_SHA256_SIZE 32
/// HMAC with SHA-256 (RFC 2104) by the library that libcurl does TLS with; false where that is not OpenSSL's.
bool ccurl_hmac_sha256(
    const void *key, size_t key_count, const void *bytes, size_t count, unsigned char digest[CCURL_SHA256_SIZE]
);

#endif
