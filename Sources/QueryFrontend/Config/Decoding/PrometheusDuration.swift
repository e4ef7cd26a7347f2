/// Durations as Prometheus spells them, which the overrides use: `1d`, `2w`, `1h30m`, `0`; whole numbers, largest unit first.
enum PrometheusDuration {
    /// Reads the form. Nil for anything else, and beyond 64-bit nanoseconds.
    static func parse(_ text: String) -> Duration? {
        var rest = Array(text.utf8)[...]
        if rest.elementsEqual([UInt8(ascii: "0")]) { return .zero }
        guard !rest.isEmpty, rest.count <= 64 else { return nil }
        let units: [(name: String, seconds: Int64, milliseconds: Int64)] = [
            ("y", 31_536_000, 0), ("w", 604_800, 0), ("d", 86_400, 0), ("h", 3600, 0), ("m", 60, 0), ("s", 1, 0),
            ("ms", 0, 1),
        ]
        var nextUnit = 0
        var milliseconds: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
            rest = rest.dropFirst(unit.count)
            guard !digits.isEmpty, let amount = Int64(String(decoding: digits, as: UTF8.self)),
                let index = units[nextUnit...].firstIndex(where: { $0.name == String(decoding: unit, as: UTF8.self) })
            else { return nil }
            nextUnit = index + 1
            let (scaled, overflow) = amount.multipliedReportingOverflow(
                by: units[index].seconds * 1000 + units[index].milliseconds)
            let (sum, sumOverflow) = milliseconds.addingReportingOverflow(scaled)
            guard !overflow, !sumOverflow else { return nil }
            milliseconds = sum
        }
        guard milliseconds <= Int64.max / 1_000_000 else { return nil }
        return .milliseconds(milliseconds)
    }

    /// The shortest text of the form: `1d12h`, `0s`.
    static func format(_ duration: Duration) -> String {
        var rest = GoDuration.nanoseconds(duration) / 1_000_000
        guard rest > 0 else { return "0s" }
        var text = ""
        for (name, size) in [
            ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
        ] as [(String, Int64)] where rest >= size {
            // A week is only shown when it is whole, as Prometheus does it: 10d is not 1w3d.
            if name == "w", rest % size != 0 { continue }
            text += "\(rest / size)\(name)"
            rest %= size
        }
        return text
    }
}
