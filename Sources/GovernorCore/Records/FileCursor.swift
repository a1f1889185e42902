/// How far a file has been read, and which file that was.
///
/// A path is no identity: logs are rotated, truncated and written anew. The same file is the same device, inode, birth
/// time and first bytes; anything else is read from its start, which adds nothing twice.
package struct FileCursor: Hashable, Sendable {
    package var path: String
    package var device: UInt64
    package var inode: UInt64
    /// Nanoseconds since 1970; 0 where the file system keeps no birth time.
    package var birth: Int64
    /// How many of the first bytes `headHash` covers.
    package var headLength: Int64
    package var headHash: UInt64
    /// The byte behind the last newline that was read.
    package var offset: Int64
    /// What the lines before the offset say of those behind it, in the words of whoever reads them; nil where each line
    /// speaks for itself.
    package var state: String?

    package init(
        path: String, device: UInt64, inode: UInt64, birth: Int64, headLength: Int64, headHash: UInt64, offset: Int64,
        state: String? = nil
    ) {
        self.path = path
        self.device = device
        self.inode = inode
        self.birth = birth
        self.headLength = headLength
        self.headHash = headHash
        self.offset = offset
        self.state = state
    }
}
