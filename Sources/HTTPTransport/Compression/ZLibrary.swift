import CPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The functions of the system's zlib that are used here, looked up at run time.
struct ZLibrary: Sendable {
    typealias Stream = UnsafeMutablePointer<cplatform_zlib_stream>

    let deflateInit2: @convention(c) (Stream, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, Int32) -> Int32
    let deflate: @convention(c) (Stream, Int32) -> Int32
    let deflateEnd: @convention(c) (Stream) -> Int32
    let inflateInit2: @convention(c) (Stream, Int32, UnsafePointer<CChar>, Int32) -> Int32
    let inflate: @convention(c) (Stream, Int32) -> Int32
    let inflateReset: @convention(c) (Stream) -> Int32
    let inflateEnd: @convention(c) (Stream) -> Int32

    static let ok: Int32 = 0
    static let streamEnd: Int32 = 1
    static let bufferError: Int32 = -5
    static let noFlush: Int32 = 0
    static let syncFlush: Int32 = 2
    static let finish: Int32 = 4
    /// Window bits of a gzip stream with the largest window.
    static let gzipWindow: Int32 = 31
    /// The library compares the first digit, and the size of the state block.
    static let version = "1.2.11"
    static let streamSize = Int32(MemoryLayout<cplatform_zlib_stream>.size)

    #if canImport(Glibc)
        static let systemNames = ["libz.so.1", "libz.so"]
    #else
        static let systemNames = ["/usr/lib/libz.dylib", "libz.dylib"]
    #endif

    /// The system's library, or nil when it has none. It is never unloaded.
    static let system = ZLibrary(names: systemNames)

    /// Loads the first library that is there and has all functions.
    init?(names: [String]) {
        guard let handle = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else { return nil }
        // The casts state the C prototypes of zlib.h, which have been the same since zlib 1.1.
        func function<F>(_ name: String, as type: F.Type) -> F? {
            dlsym(handle, name).map { unsafeBitCast($0, to: type) }
        }
        guard
            let deflateInit2 = function(
                "deflateInit2_",
                as: (@convention(c) (Stream, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, Int32) -> Int32)
                    .self),
            let deflate = function("deflate", as: (@convention(c) (Stream, Int32) -> Int32).self),
            let deflateEnd = function("deflateEnd", as: (@convention(c) (Stream) -> Int32).self),
            let inflateInit2 = function(
                "inflateInit2_", as: (@convention(c) (Stream, Int32, UnsafePointer<CChar>, Int32) -> Int32).self),
            let inflate = function("inflate", as: (@convention(c) (Stream, Int32) -> Int32).self),
            let inflateReset = function("inflateReset", as: (@convention(c) (Stream) -> Int32).self),
            let inflateEnd = function("inflateEnd", as: (@convention(c) (Stream) -> Int32).self)
        else { return nil }
        self.deflateInit2 = deflateInit2
        self.deflate = deflate
        self.deflateEnd = deflateEnd
        self.inflateInit2 = inflateInit2
        self.inflate = inflate
        self.inflateReset = inflateReset
        self.inflateEnd = inflateEnd
    }
}
