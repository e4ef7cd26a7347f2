import Foundation
import Synchronization
import TestSupport

/// A man in the middle who passes bytes on until he has passed so many, then ends both connections.
struct TLSRelay {
    enum Direction: String, Sendable { case toServer, toClient }
    enum Ending: Sendable { case close, reset }

    /// Bytes passed on.
    final class Tally: Sendable {
        private let counts = Mutex<[Direction: Int]>([:])

        subscript(direction: Direction) -> Int { counts.withLock { $0[direction] ?? 0 } }
        func add(_ count: Int, _ direction: Direction) { counts.withLock { $0[direction, default: 0] += count } }
    }

    let peer: RawPeer
    let tally = Tally()

    /// - Parameters:
    ///   - limit: bytes that are passed on in `direction`; nil: all.
    ///   - changed: the index of a byte in `direction` that is passed on as another one.
    init(
        to port: Int, _ direction: Direction = .toClient, limit: Int? = nil, changed: Int? = nil,
        ending: Ending = .close
    ) throws {
        let tally = self.tally
        peer = try RawPeer { client in
            guard let server = try? RawPeer.Connection(port: port) else { return }
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                let isOurs = direction == .toClient
                Self.pass(from: server, to: client, .toClient, isOurs ? limit : nil, isOurs ? changed : nil, tally)
                client.shutDown()
                done.signal()
            }
            let isOurs = direction == .toServer
            Self.pass(from: client, to: server, .toServer, isOurs ? limit : nil, isOurs ? changed : nil, tally)
            if limit == nil { server.finishSending() } else { server.shutDown() }
            done.wait()
            if ending == .reset { server.reset() } else { server.close() }
        }
    }

    private static func pass(
        from: RawPeer.Connection, to: RawPeer.Connection, _ direction: Direction, _ limit: Int?, _ changed: Int?,
        _ tally: Tally
    ) {
        var rest = limit ?? .max
        var passed = 0
        while rest > 0, var bytes = from.receive(upTo: min(rest, 65_536)) {
            rest -= bytes.count
            if let changed, changed >= passed, changed < passed + bytes.count { bytes[changed - passed] ^= 0x21 }
            passed += bytes.count
            tally.add(bytes.count, direction)
            guard to.send(bytes) else { return }
        }
    }
}

/// The records of a byte stream: type and length of each.
func tlsRecords(_ bytes: [UInt8]) -> [(type: UInt8, length: Int)] {
    var records: [(type: UInt8, length: Int)] = []
    var index = 0
    while index + 5 <= bytes.count {
        let length = Int(bytes[index + 3]) << 8 | Int(bytes[index + 4])
        records.append((bytes[index], length))
        index += 5 + length
    }
    return records
}
