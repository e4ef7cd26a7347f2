#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The real files.
struct PosixFiles: StoreFiles {
    static func failure(_ operation: String, _ path: String) -> FileFailure {
        let code = errno
        return FileFailure(
            operation: operation, path: path, code: code,
            reason: strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }

    /// Repeats a call that a signal interrupted.
    static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    func makeFolder(_ path: String) throws(FileFailure) {
        if mkdir(path, 0o755) == 0 { return try syncNew(path) }
        switch errno {
        case EEXIST: return
        case ENOENT where Self.parent(of: path) != path:
            try makeFolder(Self.parent(of: path))
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Self.failure("mkdir", path) }
            try syncNew(path)
        default: throw Self.failure("mkdir", path)
        }
    }

    /// Makes the name of a new folder durable, or takes the folder away: one that is there is taken to be durable.
    private func syncNew(_ path: String) throws(FileFailure) {
        do throws(FileFailure) {
            try syncFolder(Self.parent(of: path))
        } catch {
            _ = rmdir(path)
            throw error
        }
    }

    private static func parent(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        let joined = parts.joined(separator: "/")
        if path.hasPrefix("/") { return "/" + joined }
        return joined.isEmpty ? "." : joined
    }

    func names(in folder: String) throws(FileFailure) -> [String] {
        guard let directory = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw Self.failure("opendir", folder)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func create(_ path: String) throws(FileFailure) -> any StoreFile {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("create", path) }
        return PosixFile(descriptor: descriptor, path: path)
    }

    func read(_ path: String) throws(FileFailure) -> [UInt8] {
        let map = try map(path)
        return Array(map.bytes)
    }

    func map(_ path: String) throws(FileFailure) -> MappedFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("stat", path) }
        let count = Int(status.st_size)
        guard count > 0 else { return MappedFile(base: nil, count: 0) }
        let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let base, base != MAP_FAILED else { throw Self.failure("mmap", path) }
        return MappedFile(base: base, count: count)
    }

    func rename(_ path: String, to target: String) throws(FileFailure) {
        guard Self.renameFile(path, target) == 0 else { throw Self.failure("rename", path) }
    }

    // The library's function, which the method's name hides.
    private static func renameFile(_ path: String, _ target: String) -> Int32 {
        #if canImport(Glibc)
            Glibc.rename(path, target)
        #elseif canImport(Musl)
            Musl.rename(path, target)
        #else
            Darwin.rename(path, target)
        #endif
    }

    func remove(_ path: String) throws(FileFailure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw Self.failure("unlink", path) }
    }

    func truncate(_ path: String, to count: Int) throws(FileFailure) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        defer { _ = close(descriptor) }
        guard ftruncate(descriptor, off_t(count)) == 0, fsync(descriptor) == 0 else {
            throw Self.failure("truncate", path)
        }
    }

    func syncFolder(_ path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        defer { _ = close(descriptor) }
        // Some file systems do not sync folders.
        guard Self.retrying({ fsync(descriptor) }) == 0 || errno == EINVAL else { throw Self.failure("fsync", path) }
    }

    func lock(_ path: String) throws(FileFailure) -> FileLock? {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let failure = Self.failure("lock", path)
            _ = close(descriptor)
            if isHeld { return nil }
            throw failure
        }
        return FileLock { _ = close(descriptor) }
    }
}

extension FileFailure {
    /// The disk has not answered for so long.
    static func timedOut(path: String, after wait: Duration) -> FileFailure {
        FileFailure(operation: "wait for", path: path, code: ETIMEDOUT, reason: "the disk has not answered for \(wait)")
    }
}

/// A lock that ends with its last reference.
final class FileLock: Sendable {
    private let release: @Sendable () -> Void

    init(release: @escaping @Sendable () -> Void) { self.release = release }

    deinit { release() }
}
