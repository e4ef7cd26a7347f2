/// A set of Unicode scalar values (and surrogates, which no text holds) as sorted, disjoint, non-adjacent ranges.
struct RuneSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let maxRune: UInt32 = 0x10FFFF
    static let all = RuneSet([0...maxRune])
    static let allButLineFeed = RuneSet([0...9, 11...maxRune])

    /// Ranges in any order, overlapping or not.
    init(_ ranges: [ClosedRange<UInt32>] = []) {
        self.ranges = []
        guard var current = ranges.min(by: { $0.lowerBound < $1.lowerBound }) else { return }
        if ranges.count == 1 {
            self.ranges = ranges
            return
        }
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound <= current.upperBound || range.lowerBound == current.upperBound + 1 {
                if range.upperBound > current.upperBound { current = current.lowerBound...range.upperBound }
            } else {
                self.ranges.append(current)
                current = range
            }
        }
        self.ranges.append(current)
    }

    init(_ rune: UInt32) { ranges = [rune...rune] }

    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ rune: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < rune { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= rune
    }

    func union(_ other: RuneSet) -> RuneSet { RuneSet(ranges + other.ranges) }

    var inverted: RuneSet {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= Self.maxRune { result.append(next...Self.maxRune) }
        var set = RuneSet()
        set.ranges = result
        return set
    }

    /// The set with every character that differs from a member in case only.
    var foldingCase: RuneSet {
        if self == .all { return self }
        var extra: [ClosedRange<UInt32>] = []
        if ranges.count == 1, let rune = ranges.first?.lowerBound, rune == ranges[0].upperBound {
            for other in CaseFolding.orbit(of: rune) { extra.append(other...other) }
        } else {
            for orbit in CaseFolding.orbits where orbit.contains(where: contains) {
                for other in orbit { extra.append(other...other) }
            }
        }
        return extra.isEmpty ? self : RuneSet(ranges + extra)
    }
}

/// Which characters differ in case only.
enum CaseFolding {
    /// Sets of characters that differ in case only.
    static let orbits: [[UInt32]] = {
        var result: [[UInt32]] = []
        for run in UnicodeTables.casePairs.utf8.split(separator: UInt8(ascii: " ")) {
            let numbers = run.split(separator: UInt8(ascii: ":")).map { UnicodeClass.number($0, radix: 36) }
            guard numbers.count == 4 else { continue }
            for index in 0..<numbers[1] {
                let first = numbers[0] + index * numbers[2]
                result.append([first, first + numbers[3]])
            }
        }
        for set in UnicodeTables.caseSets.utf8.split(separator: UInt8(ascii: ",")) {
            result.append(set.split(separator: UInt8(ascii: " ")).map { UnicodeClass.number($0, radix: 16) })
        }
        return result
    }()

    private static let orbitIndex: [UInt32: Int] = {
        var index: [UInt32: Int] = [:]
        for (position, orbit) in orbits.enumerated() {
            for rune in orbit { index[rune] = position }
        }
        return index
    }()

    /// All characters that differ from `rune` in case only, itself included; empty when it has no case.
    static func orbit(of rune: UInt32) -> [UInt32] { orbitIndex[rune].map { orbits[$0] } ?? [] }
}

/// Classes by name.
enum UnicodeClass {
    private static let tables: [String: String] = Dictionary(
        UnicodeTables.classes.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })

    /// General categories by their first letter.
    private static let groups: [String: [String]] = [
        "L": ["Lu", "Ll", "Lt", "Lm", "Lo"], "M": ["Mn", "Mc", "Me"], "N": ["Nd", "Nl", "No"],
        "P": ["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"], "S": ["Sm", "Sc", "Sk", "So"], "Z": ["Zs", "Zl", "Zp"],
        "C": ["Cc", "Cf", "Cs", "Co"],
    ]

    /// The class of that name: a general category, a script or `Any`; nil when there is none.
    static func named(_ name: String) -> RuneSet? {
        if name == "Any" { return .all }
        if let members = groups[name] {
            return RuneSet(members.flatMap { tables[$0].map(ranges) ?? [] })
        }
        return tables[name].map { RuneSet(ranges($0)) }
    }

    private static func ranges(_ text: String) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for item in text.utf8.split(separator: UInt8(ascii: " ")) {
            let parts = item.split(separator: UInt8(ascii: "+"))
            guard let gap = parts.first else { continue }
            let first = next + number(gap, radix: 36)
            let last = first + (parts.count > 1 ? number(parts[1], radix: 36) : 0)
            result.append(first...last)
            next = last + 1
        }
        return result
    }

    /// Digits and lower-case letters of our own tables.
    static func number(_ text: Substring.UTF8View.SubSequence, radix: UInt32) -> UInt32 {
        var value: UInt32 = 0
        for byte in text {
            let digit =
                byte <= UInt8(ascii: "9") ? UInt32(byte &- UInt8(ascii: "0")) : UInt32(byte &- UInt8(ascii: "a")) + 10
            value = value * radix + digit
        }
        return value
    }
}

/// The classes with names in ASCII.
enum ASCIIClass {
    static let digit = RuneSet([0x30...0x39])
    static let space = RuneSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let word = RuneSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])

    /// The class of `[:name:]`.
    static func posix(_ name: String) -> RuneSet? {
        switch name {
        case "alnum": RuneSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
        case "alpha": RuneSet([0x41...0x5A, 0x61...0x7A])
        case "ascii": RuneSet([0...0x7F])
        case "blank": RuneSet([0x09...0x09, 0x20...0x20])
        case "cntrl": RuneSet([0...0x1F, 0x7F...0x7F])
        case "digit": digit
        case "graph": RuneSet([0x21...0x7E])
        case "lower": RuneSet([0x61...0x7A])
        case "print": RuneSet([0x20...0x7E])
        case "punct": RuneSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
        case "space": RuneSet([0x09...0x0D, 0x20...0x20])
        case "upper": RuneSet([0x41...0x5A])
        case "word": word
        case "xdigit": RuneSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
        default: nil
        }
    }
}
