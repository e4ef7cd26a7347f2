import Foundation

/// How many descriptors a process holds, so that a test can see a leak.
public enum DescriptorCount {
    /// Open descriptors of this process; nil where the system has no /proc.
    public static func ofThisProcess() -> Int? { count("/proc/self/fd") }

    /// Open descriptors of another process of the same user; nil where the system has no /proc or the process is gone.
    public static func of(processID: Int32) -> Int? { count("/proc/\(processID)/fd") }

    private static func count(_ path: String) -> Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: path))?.count
    }

    /// Asks `count` again until it is at most `limit` or `seconds` have passed, since a closed connection is noticed a little later.
    /// - Returns: the last count, nil where counts are not to be had.
    public static func settled(
        of processID: Int32, atMost limit: Int, within seconds: Double = 10
    ) -> Int? {
        let deadline = ProcessInfo.processInfo.systemUptime + seconds
        while let now = of(processID: processID) {
            if now <= limit || ProcessInfo.processInfo.systemUptime > deadline { return now }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return nil
    }
}
