import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that is being written, by one writer at a time.
final class PosixFile: StoreFile {
    private let descriptor: Mutex<Int32?>
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = Mutex(descriptor)
        self.path = path
    }

    deinit { close() }

    func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        try withDescriptor("write") { descriptor throws(FileFailure) in
            var rest = bytes
            while let base = rest.baseAddress, rest.count > 0 {
                // At most 1 GiB: some systems refuse more in one call.
                let written = PosixFiles.retrying { Self.write(descriptor, base, min(rest.count, 1 << 30)) }
                guard written > 0 else { throw PosixFiles.failure("write", path) }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }

    func sync() throws(FileFailure) {
        try withDescriptor("fsync") { descriptor throws(FileFailure) in
            #if canImport(Darwin)
                // fsync leaves the data in the drive's cache there.
                if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
            #endif
            // Not repeated after an error: the kernel may have dropped what it could not write.
            guard fsync(descriptor) == 0 else { throw PosixFiles.failure("fsync", path) }
        }
    }

    func close() {
        descriptor.withLock { descriptor in
            if let open = descriptor { Self.close(open) }
            descriptor = nil
        }
    }

    private func withDescriptor(
        _ operation: String, _ body: (Int32) throws(FileFailure) -> Void
    ) throws(FileFailure) {
        let open = descriptor.withLock { $0 }
        guard let open else {
            throw FileFailure(operation: operation, path: path, code: EBADF, reason: "the file is closed")
        }
        try body(open)
    }

    // The library's functions, which the methods' names hide.
    #if canImport(Glibc)
        private static func write(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int) -> Int {
            Glibc.write(descriptor, base, count)
        }
        private static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
    #elseif canImport(Musl)
        private static func write(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int) -> Int {
            Musl.write(descriptor, base, count)
        }
        private static func close(_ descriptor: Int32) { _ = Musl.close(descriptor) }
    #else
        private static func write(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int) -> Int {
            Darwin.write(descriptor, base, count)
        }
        private static func close(_ descriptor: Int32) { _ = Darwin.close(descriptor) }
    #endif
}
