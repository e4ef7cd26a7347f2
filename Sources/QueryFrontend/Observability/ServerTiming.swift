import TenantFederation

/// The field `Server-Timing`: how long a query took, and for how long each member (a target, or a tenant of a target) was waited for.
///
/// A member that was asked several questions is one entry; its duration is the time in which at least one of them was open.
/// Names are tokens, descriptions quoted text of visible ASCII (RFC 8941, the W3C's Server Timing).
enum ServerTiming {
    /// The slowest members are told, at most so many, in at most so many bytes.
    static let maxEntries = 20
    static let maxBytes = 2048

    /// One member of a query.
    struct Member {
        let label: String
        var intervals: [(start: ContinuousClock.Instant, end: ContinuousClock.Instant)] = []
        var failure: String?
        var attempts = 0
        var retries = 0
        var hedges = 0
        var cached = 0
        var questions = 0

        /// The time in which at least one question was open.
        var duration: Duration {
            var sum = Duration.zero
            var end: ContinuousClock.Instant?
            for interval in intervals.sorted(by: { $0.start < $1.start }) {
                let from = max(interval.start, end ?? interval.start)
                if interval.end > from { sum += interval.end - from }
                end = max(interval.end, end ?? interval.end)
            }
            return sum
        }

        var description: String {
            var words = [label]
            if let failure { words.append(failure) }
            if cached > 0 { words.append(cached == questions ? "cached" : "\(cached) cached") }
            if questions > 1 { words.append("\(questions) questions") }
            if attempts > questions { words.append("\(attempts) attempts") }
            if retries > 0 { words.append("retried") }
            if hedges > 0 { words.append("hedged") }
            return words.joined(separator: ", ")
        }
    }

    /// nil: nobody was asked.
    static func field(_ outcomes: [SubRequestOutcome], total: Duration) -> String? {
        guard !outcomes.isEmpty else { return nil }
        let members = members(outcomes).map { (duration: $0.duration, member: $0) }
            .sorted { ($1.duration, $0.member.label) < ($0.duration, $1.member.label) }
        var text = "total;dur=\(milliseconds(total))"
        var left = members.count
        for (duration, member) in members.prefix(maxEntries) {
            let entry =
                ", \(name(member.label));dur=\(milliseconds(duration));desc=\"\(quoted(member.description))\""
            // Room for what says that there are more.
            guard text.utf8.count + entry.utf8.count + 32 <= maxBytes else { break }
            text += entry
            left -= 1
        }
        if left > 0 { text += ", more;desc=\"+\(left) more\"" }
        return text
    }

    private static func members(_ outcomes: [SubRequestOutcome]) -> [Member] {
        var indices: [String: Int] = [:]
        var members: [Member] = []
        for outcome in outcomes where !outcome.isLeftOut {
            let label = outcome.subRequest.label
            let index = indices[label] ?? members.count
            if index == members.count {
                indices[label] = index
                members.append(Member(label: label))
            }
            members[index].intervals.append((outcome.started, outcome.started + outcome.elapsed))
            members[index].questions += 1
            members[index].attempts += outcome.attempts
            members[index].retries += outcome.retries
            members[index].hedges += outcome.hedges
            if outcome.isCached { members[index].cached += 1 }
            if members[index].failure == nil { members[index].failure = outcome.error?.shortReason }
        }
        return members
    }

    /// A token that begins with a letter; every other byte than a letter, a digit, `_`, `-` and `.` becomes `_`.
    static func name(_ label: String) -> String {
        var bytes: [UInt8] = []
        for byte in label.utf8.prefix(64) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                bytes.append(byte)
            default: bytes.append(UInt8(ascii: "_"))
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let startsWithLetter = bytes.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } ?? false
        return startsWithLetter && text != "total" && text != "more" ? text : "m_" + text
    }

    /// The inside of a quoted string: at most 200 characters of visible ASCII and blanks.
    static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(200) {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case " "..."~": result.unicodeScalars.append(scalar)
            default: result += "?"
            }
        }
        return result
    }

    /// With three digits after the point.
    static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let limit: Int64 = 1_000_000_000
        let micros = max(0, min(seconds, limit) * 1_000_000 + attoseconds / 1_000_000_000_000)
        let fraction = String(micros % 1000)
        return "\(micros / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
