import Glibc

/// Calls of the C library that Swift's import of it leaves out, looked up by name; each has a way to do without.
enum SystemCalls {
    private typealias Statx =
        @convention(c) @Sendable (Int32, UnsafePointer<CChar>, Int32, UInt32, UnsafeMutableRawPointer) -> Int32

    private static let statx: Statx? = dlsym(nil, "statx").map { unsafeBitCast($0, to: Statx.self) }

    /// When the file was made, in nanoseconds since 1970; 0 where the kernel, the C library or the file system can't
    /// tell. Offsets are those of `struct statx` in the kernel's ABI (`linux/stat.h`): `stx_mask` at 0, `stx_btime` at
    /// 80, seconds in 64 bits and nanoseconds in 32.
    static func birth(of descriptor: Int32) -> Int64 {
        guard let statx else { return 0 }
        let (emptyPath, birthMask): (Int32, UInt32) = (0x1000, 0x800)
        return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { buffer in
            guard let base = buffer.baseAddress, statx(descriptor, "", emptyPath, birthMask, base) == 0,
                buffer.load(fromByteOffset: 0, as: UInt32.self) & birthMask != 0
            else { return 0 }
            let seconds = buffer.load(fromByteOffset: 80, as: Int64.self)
            let nanoseconds = buffer.load(fromByteOffset: 88, as: UInt32.self)
            return seconds &* 1_000_000_000 &+ Int64(nanoseconds)
        }
    }
}
