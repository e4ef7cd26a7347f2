/// gzip (RFC 1952) through the system's zlib, which is looked up at run time.
public enum Gzip {
    /// Whether zlib was found; without it nothing can be compressed or decompressed.
    public static var isAvailable: Bool { false }

    /// Compresses in one step, or nil when zlib is absent.
    public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8]? { nil }
}
