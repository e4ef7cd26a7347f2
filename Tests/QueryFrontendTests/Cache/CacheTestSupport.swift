import Synchronization
import TenantFederation

@testable import QueryFrontend

/// A clock that is moved by hand.
final class MovedClock: WallClock {
    private let now: Mutex<Int64>

    init(_ unixNanoseconds: Int64 = ServiceHarness.unixSeconds * 1_000_000_000) { now = Mutex(unixNanoseconds) }

    var unixNanoseconds: Int64 { now.withLock { $0 } }

    func advance(_ duration: Duration) { now.withLock { $0 += GoDuration.nanoseconds(duration) } }
}

/// SplitMix64, so that a failure can be repeated.
struct CacheTestGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension CacheKey {
    init(_ text: String) { self.init(bytes: Array(text.utf8)) }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
