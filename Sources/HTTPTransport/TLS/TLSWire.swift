#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What lies between a TLS session and its socket: OpenSSL's BIO reads and writes the socket through here, so that no signal
/// can be raised, nothing is copied in between, and a peer that does not read fills no buffer but the kernel's.
///
/// Confined to the loop of its channel, as the session that owns it. The BIO holds an unretained pointer to it: the session
/// keeps the wire alive until after the BIO is freed with the SSL object.
final class TLSWire {
    private let descriptor: Int32
    /// Bytes that were read before the session began, given to it first.
    private var prefix: ArraySlice<UInt8>
    /// The peer has closed its sending half.
    private(set) var sawEnd = false
    /// errno of a failed call, 0 for none.
    private(set) var failure: Int32 = 0

    /// The kernel had less than was asked for, in the last read since `forgetShortRead`.
    private(set) var readWasShort = false
    /// The kernel had nothing, since `begin`.
    private(set) var readWouldBlock = false

    init(descriptor: Int32, prefix: ArraySlice<UInt8>) {
        self.descriptor = descriptor
        self.prefix = prefix
    }

    func begin() { readWouldBlock = false }

    func forgetShortRead() { readWasShort = false }

    private enum Transfer {
        case done(Int)
        case retry
        case failed
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        if !prefix.isEmpty {
            let count = min(prefix.count, buffer.count)
            buffer.copyBytes(from: prefix.prefix(count))
            prefix = prefix.dropFirst(count)
            return .done(count)
        }
        switch SystemCalls.receive(descriptor, into: buffer) {
        case .done(let count):
            if count == 0 { sawEnd = true }
            readWasShort = count < buffer.count
            return .done(count)
        case .wouldBlock:
            readWouldBlock = true
            return .retry
        case .failed(let number):
            failure = number
            return .failed
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        switch SystemCalls.send(descriptor, bytes) {
        case .done(let count): return .done(count)
        case .wouldBlock: return .retry
        case .failed(let number):
            failure = number
            return .failed
        }
    }

    // MARK: Called by OpenSSL

    private static let flagRead: Int32 = 0x01
    private static let flagWrite: Int32 = 0x02
    private static let flagShouldRetry: Int32 = 0x08
    private static let flagsOfRetry: Int32 = 0x0F
    private static let controlEnd: Int32 = 2
    private static let controlFlush: Int32 = 11

    /// The wire of a BIO, and the library that calls.
    ///
    /// The pointer was set by ``TLSSession`` right after the BIO was made, before anything could call, and points to an object
    /// that outlives the BIO.
    private static func owner(of bio: OpaquePointer?) -> (TLSWire, OpenSSL, OpaquePointer)? {
        guard let bio, case .success(let library) = OpenSSL.system, let data = library.bioGetData(bio) else {
            return nil
        }
        return (Unmanaged<TLSWire>.fromOpaque(data).takeUnretainedValue(), library, bio)
    }

    static let read: OpenSSL.ReadCallback = { bio, memory, count in
        guard let (wire, library, bio) = owner(of: bio), let memory, count > 0 else { return -1 }
        library.bioClearFlags(bio, flagsOfRetry)
        // OpenSSL gives `count` bytes of room at `memory` for the time of the call.
        switch wire.read(into: UnsafeMutableRawBufferPointer(start: memory, count: Int(count))) {
        case .done(let count): return Int32(truncatingIfNeeded: count)
        case .retry:
            library.bioSetFlags(bio, flagRead | flagShouldRetry)
            return -1
        case .failed: return -1
        }
    }

    static let write: OpenSSL.WriteCallback = { bio, memory, count in
        guard let (wire, library, bio) = owner(of: bio), let memory, count > 0 else { return -1 }
        library.bioClearFlags(bio, flagsOfRetry)
        // OpenSSL gives `count` bytes at `memory` for the time of the call.
        switch wire.write(UnsafeRawBufferPointer(start: memory, count: Int(count))) {
        case .done(let count): return Int32(truncatingIfNeeded: count)
        case .retry:
            library.bioSetFlags(bio, flagWrite | flagShouldRetry)
            return -1
        case .failed: return -1
        }
    }

    static let control: OpenSSL.ControlCallback = { bio, command, _, _ in
        switch command {
        case controlEnd: (owner(of: bio)?.0.sawEnd ?? true) ? 1 : 0
        case controlFlush: 1
        default: 0
        }
    }

    static let create: OpenSSL.CreateCallback = { bio in
        // Called for the first time long after the table was made, since `bioNew` is in it.
        guard let bio, case .success(let library) = OpenSSL.system else { return 0 }
        library.bioSetInit(bio, 1)
        return 1
    }
}
