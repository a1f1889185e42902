#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A core dump would hold every webhook, password and token of the policy.
enum CoreDumps {
    /// Lets this process leave none.
    ///
    /// The limit is one byte instead of none: a handler that the kernel pipes dumps to, as systemd's, is not kept from
    /// them by zero, but by one (core(5)); for files one byte is as good as none.
    static func forbid() {
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        #if canImport(Glibc)
            _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        #else
            limit = rlimit(rlim_cur: 0, rlim_max: 0)
            _ = setrlimit(RLIMIT_CORE, &limit)
        #endif
    }
}
