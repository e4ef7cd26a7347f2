/// The few operations on files that the store needs; tests give one that fails on purpose. All of them block.
protocol StoreFiles: Sendable {
    /// Makes a folder and those above it; none that exist is an error.
    func makeFolder(_ path: String) throws(FileFailure)
    /// The names in a folder, without `.` and `..`; empty for a folder that is not there.
    func names(in folder: String) throws(FileFailure) -> [String]
    /// Makes a file that must not exist, for writing at its end.
    func create(_ path: String) throws(FileFailure) -> any StoreFile
    /// All bytes of a file.
    func read(_ path: String) throws(FileFailure) -> [UInt8]
    /// Maps a file into memory, read-only.
    func map(_ path: String) throws(FileFailure) -> MappedFile
    func rename(_ path: String, to target: String) throws(FileFailure)
    /// Removes a file; none there is no error.
    func remove(_ path: String) throws(FileFailure)
    /// Cuts a file to its first bytes.
    func truncate(_ path: String, to count: Int) throws(FileFailure)
    /// Makes the names in a folder durable.
    func syncFolder(_ path: String) throws(FileFailure)
    /// Takes the lock that is tied to a file, until the result is released.
    /// - Returns: nil when somebody else has it.
    func lock(_ path: String) throws(FileFailure) -> FileLock?
}

/// A file that is being written.
protocol StoreFile: Sendable {
    /// Appends all of the bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure)
    /// Returns when what was written is on the disk.
    func sync() throws(FileFailure)
    /// Ends the writing; further calls do nothing.
    func close()
}

/// Why an operation on a file failed.
struct FileFailure: Error, Equatable, CustomStringConvertible {
    let operation: String
    let path: String
    /// The C library's `errno`.
    let code: Int32
    let reason: String

    var description: String { "\(operation) \(path): \(reason)" }
}
