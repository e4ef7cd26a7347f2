#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The bytes of a file that is mapped read-only, until the last reference goes. The file may be removed meanwhile, but nobody may make it
/// shorter; the store's folder is locked, and the store never changes a file that it maps.
final class MappedFile: ColumnOwner, @unchecked Sendable {
    // @unchecked: constant; the memory behind is read-only.
    private let base: UnsafeMutableRawPointer?
    private let count: Int

    /// - Parameter base: what `mmap` gave for `count` bytes; nil for an empty file.
    init(base: UnsafeMutableRawPointer?, count: Int) {
        self.base = base
        self.count = count
        super.init()
    }

    deinit {
        if let base { munmap(base, count) }
    }

    /// Valid only while the file is held.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Lets the system take back the memory; it is read again when it is used.
    func dropPages() {
        if let base { _ = madvise(base, count, MADV_DONTNEED) }
    }
}
