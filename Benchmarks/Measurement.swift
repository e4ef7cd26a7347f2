/// Runs a piece of work until it has been running for a while, and keeps the best time: machines are noisy, and what
/// disturbs a run only ever makes it slower.
struct Measurement {
    /// Seconds of the best run.
    let seconds: Double

    init(minimumSeconds: Double = 1.5, minimumRuns: Int = 5, _ work: () throws -> Void) rethrows {
        let clock = ContinuousClock()
        var best = Double.infinity
        var total = 0.0
        var runs = 0
        while total < minimumSeconds || runs < minimumRuns {
            let elapsed = try clock.measure(work) / .seconds(1)
            best = min(best, elapsed)
            total += elapsed
            runs += 1
        }
        seconds = best
    }

    /// 1,000,000 bytes a second.
    func megabytesPerSecond(_ bytes: Int) -> Double { Double(bytes) / 1_000_000 / seconds }
}

/// Columns of the printed tables.
enum Report {
    static func line(_ name: String, _ figure: String, _ note: String = "") {
        let padded = name.padding(48) + figure.leftPadding(14)
        print(note.isEmpty ? padded : padded + "   " + note)
    }

    static func number(_ value: Double, digits: Int = 0) -> String {
        guard digits > 0 else { return "\(Int(value.rounded()))" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    fileprivate func leftPadding(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
