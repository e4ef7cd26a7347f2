/// How far an answer made of several parts equals the answer of one tenant that holds all the spans, and why not.
///
/// Written as the header fields `X-Tempo-Federation` and `X-Tempo-Federation-Reason`; the bodies keep Tempo's shapes.
package struct FederationMark: Sendable, Equatable {
    /// From best to worst; an answer carries the worst that applies.
    package enum Level: Int, Sendable, Comparable {
        case exact, tenantLocal, approximate, partial

        package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

        package var text: String {
            switch self {
            case .exact: "exact"
            case .tenantLocal: "tenant-local"
            case .approximate: "approximate"
            case .partial: "partial"
            }
        }
    }

    package private(set) var level = Level.exact
    package private(set) var reasons: [String] = []

    /// Most bytes of the reason field.
    package static let maxReasonBytes = 512

    package init() {}

    package mutating func note(_ level: Level, _ reason: String) {
        self.level = max(self.level, level)
        if !reasons.contains(reason) { reasons.append(reason) }
    }

    /// The reasons joined by `; `, at most 512 bytes; what does not fit is counted as `+N more`. nil without a reason.
    package var reasonText: String? {
        guard !reasons.isEmpty else { return nil }
        let more = { (count: Int) in "+\(count) more" }
        var text = ""
        for (index, reason) in reasons.enumerated() {
            let piece = (text.isEmpty ? "" : "; ") + Self.fieldSafe(reason)
            let left = reasons.count - index - 1
            let reserve = left == 0 ? 0 : 2 + more(left).utf8.count
            if text.utf8.count + piece.utf8.count + reserve > Self.maxReasonBytes {
                let tail = more(left + 1)
                // A single reason that is too long by itself is cut rather than dropped.
                if text.isEmpty {
                    let room = Self.maxReasonBytes - 2 - more(reasons.count).utf8.count
                    text = String(piece.prefix(room))
                    return left == 0 ? text : text + "; " + more(left)
                }
                return text + "; " + tail
            }
            text += piece
        }
        return text
    }

    /// A field value must be visible ASCII and blanks; whatever else a configured name holds becomes `?`.
    private static func fieldSafe(_ text: String) -> String {
        String(text.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}
