/// Durations as Prometheus spells them, which the overrides use: `1d`, `2w`, `1h30m`, `0`; whole numbers, largest unit first.
enum PrometheusDuration {
    /// Reads the form. Nil for anything else, and beyond 64-bit nanoseconds.
    static func parse(_ text: String) -> Duration? {
        guard let nanoseconds = try? PrometheusDurationText.parse(Array(text.utf8)) else { return nil }
        return .nanoseconds(nanoseconds)
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
