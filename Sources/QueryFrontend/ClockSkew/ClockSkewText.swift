import TenantFederation

/// What a trace tells of the clocks of its targets, as the value of `X-Tempo-Federation-Clock-Skew` and of the log's `clock_skew`.
///
/// Items are joined by `, `. Two targets: `eu->us=+120ms;pairs=3;before=2`, the clock of `us` is 120 ms ahead of that of `eu` by three
/// client spans with their servers, and two children start before their parents. A target whose spans were shifted:
/// `us;shifted=-120ms`, with `;cut` when `max_adjustment` was not enough.
struct ClockSkewText {
    /// Most bytes of the value; what does not fit is counted as `+N more`.
    static let maxBytes = 512
    /// Most bytes of a target's name in it.
    private static let maxNameBytes = 64

    let items: [String]

    /// - Parameter name: of a target by its position in the configuration.
    init(_ report: ClockSkewReport, name: (Int) -> String) {
        let pairs = report.pairs.filter(\.isRemarkable).map { pair in
            let offset = pair.offset.map { Self.milliseconds($0) } ?? "unknown"
            let before = pair.childrenBeforeParents + pair.reverseChildrenBeforeParents
            return "\(Self.safe(name(pair.first)))->\(Self.safe(name(pair.second)))=\(offset)"
                + ";pairs=\(pair.exchanges);before=\(before)" + (pair.isContradictory ? ";contradictory" : "")
        }
        let shifts = report.shifts.map { shift in
            "\(Self.safe(name(shift.member)));shifted=\(Self.milliseconds(shift.nanoseconds))"
                + (shift.isCut ? ";cut" : "")
        }
        // What was done to the spans comes first: it must not fall to the bound.
        items = shifts + pairs
    }

    /// nil: there is nothing to tell.
    var value: String? {
        guard !items.isEmpty else { return nil }
        var text = ""
        for (index, item) in items.enumerated() {
            let piece = (index == 0 ? "" : ", ") + item
            let left = items.count - index - 1
            let reserve = left == 0 ? 0 : ", +\(left) more".utf8.count
            // The first always fits, as names are short.
            guard text.utf8.count + piece.utf8.count + reserve <= Self.maxBytes else {
                return text + ", +\(left + 1) more"
            }
            text += piece
        }
        return text
    }

    /// A signed number of milliseconds with at most three decimals.
    static func milliseconds(_ nanoseconds: Int64) -> String {
        let microseconds = (nanoseconds.magnitude + 500) / 1000
        var text = (nanoseconds < 0 && microseconds > 0 ? "-" : "+") + "\(microseconds / 1000)"
        if microseconds % 1000 != 0 {
            var decimals = "\(1000 + microseconds % 1000)".dropFirst()
            while decimals.hasSuffix("0") { decimals.removeLast() }
            text += "." + decimals
        }
        return text + "ms"
    }

    /// Visible ASCII without the signs that structure the value; whatever else a name holds becomes `?`.
    private static func safe(_ name: String) -> String {
        let structure: Set<Unicode.Scalar> = [",", ";", "=", ">", "\"", " "]
        return String(
            name.unicodeScalars.prefix(maxNameBytes).map {
                (0x21...0x7E).contains($0.value) && !structure.contains($0) ? Character($0) : "?"
            })
    }
}
