import Foundation

/// Resident memory of this process, as Linux tells it.
enum ResidentMemory {
    static func current() -> Int? { kilobytes(of: "VmRSS:") }

    static func peak() -> Int? { kilobytes(of: "VmHWM:") }

    /// Starts a new peak at the present value.
    static func resetPeak() {
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    }

    private static func kilobytes(of key: String) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        for line in status.split(separator: "\n") where line.hasPrefix(key) {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
                .map { $0 * 1024 }
        }
        return nil
    }
}
