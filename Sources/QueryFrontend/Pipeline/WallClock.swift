import Foundation

/// The wall clock, injected so that time windows can be tested.
public protocol WallClock: Sendable {
    /// Nanoseconds since 1970-01-01 UTC.
    var unixNanoseconds: Int64 { get }
}

/// The clock of the system.
public struct SystemWallClock: WallClock {
    /// A clock.
    public init() {}

    /// Nanoseconds since 1970-01-01 UTC.
    public var unixNanoseconds: Int64 {
        var now = timespec()
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
