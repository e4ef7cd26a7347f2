#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a file cannot be read, in the words of the system.
public struct FileReadError: Error, Sendable, Equatable {
    /// Such as `no such file or directory`.
    public let message: String

    /// An error with this text.
    public init(_ message: String) {
        self.message = message
    }
}

/// Reads small files whole.
public enum FileReader {
    /// Bytes that a configuration file may have.
    public static let maxBytes = 16 << 20

    /// The bytes of a file.
    /// - Throws: ``FileReadError`` when it is missing, unreadable, a directory, or larger than ``maxBytes``.
    public static func read(_ path: String) throws(FileReadError) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw FileReadError("invalid argument") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileReadError(lastErrorText()) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            // The pointer is only used during the call, with the count of the buffer it belongs to.
            let count = buffer.withUnsafeMutableBytes { systemRead(descriptor, $0) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileReadError(lastErrorText())
            }
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
            guard content.count <= maxBytes else { throw FileReadError("file is larger than \(maxBytes) bytes") }
        }
    }

    private static func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Glibc)
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    /// The system's text for `errno`, without its capital letter.
    private static func lastErrorText() -> String {
        guard let text = strerror(errno) else { return "input/output error" }
        let message = String(cString: text)
        return message.prefix(1).lowercased() + message.dropFirst()
    }
}
