// The deprecated CURLOPT_PROTOCOLS is the only way to say it before libcurl 7.85; the type checks want a linked library.
#define CURL_DISABLE_DEPRECATION 1
#define CURL_DISABLE_TYPECHECK 1
#define _GNU_SOURCE 1
#include "CCurl.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#ifdef __APPLE__
#include <CommonCrypto/CommonHMAC.h>
#define LIBRARY "/usr/lib/libcurl.4.dylib"
#define ADVICE "it is part of macOS"
#else
#define LIBRARY "libcurl.so.4"
#define ADVICE "install it, on Debian and Ubuntu with `apt install libcurl4`"
#endif

struct functions {
    CURLcode (*global_init)(long);
    char *(*version)(void);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    CURLcode (*easy_perform)(CURL *);
    const char *(*easy_strerror)(CURLcode);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    time_t (*getdate)(const char *, const time_t *);
    curl_mime *(*mime_init)(CURL *);
    void (*mime_free)(curl_mime *);
    curl_mimepart *(*mime_addpart)(curl_mime *);
    CURLcode (*mime_data)(curl_mimepart *, const char *, size_t);
    CURLcode (*mime_type)(curl_mimepart *, const char *);
    CURLcode (*mime_encoder)(curl_mimepart *, const char *);
    // libcrypto's, which libcurl brings along for TLS; NULL where its TLS is another library's.
    unsigned char *(*hmac)(const void *, const void *, int, const unsigned char *, size_t, unsigned char *, unsigned *);
    const void *(*sha256)(void);
};

static struct functions curl;
static char problem[512];
static bool ready;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Opens a library and finds every function in it. It stays open: libcurl's TLS library can't be unloaded safely.
static bool load(const char *name, struct functions *found, char *why, size_t size) {
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *reason = dlerror();
        snprintf(why, size, "%s; " ADVICE, reason ? reason : name);
        return false;
    }
    const struct {
        const char *name;
        void **place;
    } wanted[] = {
        {"curl_global_init", (void **)&found->global_init},
        {"curl_version", (void **)&found->version},
        {"curl_easy_init", (void **)&found->easy_init},
        {"curl_easy_cleanup", (void **)&found->easy_cleanup},
        {"curl_easy_setopt", (void **)&found->easy_setopt},
        {"curl_easy_getinfo", (void **)&found->easy_getinfo},
        {"curl_easy_perform", (void **)&found->easy_perform},
        {"curl_easy_strerror", (void **)&found->easy_strerror},
        {"curl_slist_append", (void **)&found->slist_append},
        {"curl_slist_free_all", (void **)&found->slist_free_all},
        {"curl_getdate", (void **)&found->getdate},
        {"curl_mime_init", (void **)&found->mime_init},
        {"curl_mime_free", (void **)&found->mime_free},
        {"curl_mime_addpart", (void **)&found->mime_addpart},
        {"curl_mime_data", (void **)&found->mime_data},
        {"curl_mime_type", (void **)&found->mime_type},
        {"curl_mime_encoder", (void **)&found->mime_encoder},
    };
    for (size_t index = 0; index < sizeof wanted / sizeof wanted[0]; index++) {
        *wanted[index].place = dlsym(library, wanted[index].name);
        if (!*wanted[index].place) {
            snprintf(why, size, "%s has no %s; " ADVICE, name, wanted[index].name);
            return false;
        }
    }
    // A search of a library goes on through those it depends on.
    *(void **)&found->hmac = dlsym(library, "HMAC");
    *(void **)&found->sha256 = dlsym(library, "EVP_sha256");
    return true;
}

static void load_once(void) {
    if (!load(LIBRARY, &curl, problem, sizeof problem)) return;
    CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        snprintf(problem, sizeof problem, "%s does not start: %s", LIBRARY, curl.easy_strerror(code));
        return;
    }
    ready = true;
}

const char *ccurl_problem(void) {
    pthread_once(&once, load_once);
    return ready ? NULL : problem;
}

bool ccurl_can_open(const char *name, char *why, size_t size) {
    struct functions found;
    return load(name, &found, why, size);
}

const char *ccurl_version(void) { return ccurl_problem() ? NULL : curl.version(); }

CURL *ccurl_init(void) { return ccurl_problem() ? NULL : curl.easy_init(); }
void ccurl_cleanup(CURL *handle) { curl.easy_cleanup(handle); }

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) { return curl.easy_setopt(handle, option, value); }

CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl.easy_setopt(handle, option, value);
}

CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl.easy_setopt(handle, option, value);
}

CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl.easy_setopt(handle, option, value);
}

CURLcode ccurl_set_authorities(CURL *handle, const void *pem, size_t count) {
#if LIBCURL_VERSION_NUM >= 0x074d00
    struct curl_blob blob = {.data = (void *)pem, .len = count, .flags = CURL_BLOB_COPY};
    return curl.easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
#else
    return CURLE_UNKNOWN_OPTION;
#endif
}

const char *ccurl_authorities_path(CURL *handle) {
    const char *path = NULL;
#if LIBCURL_VERSION_NUM >= 0x075400
    if (curl.easy_getinfo(handle, CURLINFO_CAINFO, &path) != CURLE_OK) return NULL;
#endif
    return path;
}

CURLcode ccurl_set_body(CURL *handle, const void *bytes, size_t count) {
    // The size first: libcurl copies as many bytes as it says.
    CURLcode code = curl.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, count ? bytes : "");
}

CURLcode ccurl_set_protocols(CURL *handle, const char *names, long mask) {
    CURLcode code = CURLE_UNKNOWN_OPTION;
#if LIBCURL_VERSION_NUM >= 0x075500
    code = curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, names);
#endif
    return code == CURLE_UNKNOWN_OPTION ? curl.easy_setopt(handle, CURLOPT_PROTOCOLS, mask) : code;
}

CURLcode ccurl_on_body(CURL *handle, ccurl_bytes callback, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

CURLcode ccurl_on_header(CURL *handle, ccurl_bytes callback, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

CURLcode ccurl_on_progress(CURL *handle, curl_xferinfo_callback callback, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, callback);
    if (code == CURLE_OK) code = curl.easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

CURLcode ccurl_on_open_socket(CURL *handle, curl_opensocket_callback callback, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
}

CURLcode ccurl_on_debug(CURL *handle, curl_debug_callback callback, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_DEBUGFUNCTION, callback);
    if (code == CURLE_OK) code = curl.easy_setopt(handle, CURLOPT_DEBUGDATA, context);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_VERBOSE, 1L);
}

curl_mime *ccurl_mime(CURL *handle) { return curl.mime_init(handle); }
void ccurl_mime_free(curl_mime *mime) { curl.mime_free(mime); }

CURLcode ccurl_mime_add(curl_mime *mime, const char *type, const char *encoding, const void *bytes, size_t count) {
    curl_mimepart *part = curl.mime_addpart(mime);
    if (!part) return CURLE_OUT_OF_MEMORY;
    CURLcode code = curl.mime_data(part, count ? bytes : "", count);
    if (code == CURLE_OK) code = curl.mime_type(part, type);
    return code != CURLE_OK ? code : curl.mime_encoder(part, encoding);
}

CURLcode ccurl_set_mime(CURL *handle, curl_mime *mime) { return curl.easy_setopt(handle, CURLOPT_MIMEPOST, mime); }

CURLcode ccurl_perform(CURL *handle) {
    // With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to its caller, and a TLS library may write without MSG_NOSIGNAL.
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    CURLcode code = curl.easy_perform(handle);
    sigpending(&pending);
    if (!was_pending && sigismember(&pending, SIGPIPE) == 1) {
        int signal;
        sigwait(&pipe, &signal);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

const char *ccurl_text(CURLcode code) { return curl.easy_strerror(code); }

CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) { return curl.easy_getinfo(handle, info, value); }

struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *text) {
    return curl.slist_append(list, text);
}

void ccurl_list_free(struct curl_slist *list) { curl.slist_free_all(list); }

time_t ccurl_date(const char *text) { return ccurl_problem() ? -1 : curl.getdate(text, NULL); }

bool ccurl_hmac_sha256(
    const void *key, size_t key_count, const void *bytes, size_t count, unsigned char digest[CCURL_SHA256_SIZE]
) {
#ifdef __APPLE__
    CCHmac(kCCHmacAlgSHA256, key, key_count, bytes, count, digest);
    return true;
#else
    if (ccurl_problem() || !curl.hmac || !curl.sha256 || key_count > INT_MAX) return false;
    unsigned size = CCURL_SHA256_SIZE;
    return curl.hmac(curl.sha256(), key, (int)key_count, bytes, count, digest, &size) && size == CCURL_SHA256_SIZE;
#endif
}
