/// A pattern as instructions of a nondeterministic automaton over characters.
struct RegexProgram: Sendable {
    enum Instruction: Sendable {
        /// Takes one character of the set with that index, then goes on.
        case take(set: Int32, next: Int32)
        /// Goes on at both.
        case split(Int32, Int32)
        /// Goes on if the condition holds.
        case check(RegexAssertion, next: Int32)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [RuneSet] = []
    private(set) var start: Int32 = 0
    private(set) var usesWordBoundary = false
    private(set) var usesLines = false
    private var setIndex: [RuneSet: Int32] = [:]

    /// The greatest number of instructions; a pattern that needs more is refused.
    static let maxInstructions = 50_000

    init(_ node: RegexNode) throws(RegularExpression.Failure) {
        guard node.instructionCount < Self.maxInstructions else {
            throw RegularExpression.Failure("expression too large", isUnsupported: true)
        }
        instructions.append(.match)
        start = emit(node, next: 0)
        setIndex = [:]
    }

    /// Instructions are made from the back: `next` is where the node goes on. Gives the node's first instruction.
    private mutating func emit(_ node: RegexNode, next: Int32) -> Int32 {
        switch node {
        case .empty: return next
        case .set(let set): return add(.take(set: index(of: set), next: next))
        case .assertion(let assertion):
            switch assertion {
            case .wordBoundary, .notWordBoundary: usesWordBoundary = true
            case .lineStart, .lineEnd: usesLines = true
            case .textStart, .textEnd: break
            }
            return add(.check(assertion, next: next))
        case .concatenation(let nodes):
            var next = next
            for node in nodes.reversed() { next = emit(node, next: next) }
            return next
        case .alternation(let nodes):
            guard var first = nodes.last.map({ emit($0, next: next) }) else { return next }
            for node in nodes.dropLast().reversed() { first = add(.split(emit(node, next: next), first)) }
            return first
        case .repetition(let node, let min, let max):
            var first = next
            if let max {
                // a{2,4} is aa(a(a)?)?
                for _ in 0..<Swift.max(0, max - min) { first = add(.split(emit(node, next: first), next)) }
            } else {
                // The loop comes back to its own split.
                let loop = add(.split(0, next))
                instructions[Int(loop)] = .split(emit(node, next: loop), next)
                first = loop
            }
            for _ in 0..<min { first = emit(node, next: first) }
            return first
        }
    }

    private mutating func add(_ instruction: Instruction) -> Int32 {
        instructions.append(instruction)
        return Int32(instructions.count - 1)
    }

    private mutating func index(of set: RuneSet) -> Int32 {
        if let index = setIndex[set] { return index }
        sets.append(set)
        setIndex[set] = Int32(sets.count - 1)
        return Int32(sets.count - 1)
    }
}

/// Splits all characters into classes that no set of a program tells apart.
struct RuneClasses: Sendable {
    /// The class of every ASCII character.
    private(set) var ascii = [UInt16](repeating: 0, count: 128)
    /// The first character of every stretch of one class, and its class.
    private(set) var bounds: [UInt32] = []
    private(set) var classes: [UInt16] = []
    private(set) var count = 0
    /// One character of every class.
    private(set) var samples: [UInt32] = []

    /// Nil when there are more classes than `UInt16` counts.
    init?(_ program: RegexProgram) {
        var cuts: Set<UInt32> = [0]
        var sets = program.sets
        if program.usesWordBoundary { sets.append(ASCIIClass.word) }
        if program.usesLines { sets.append(RuneSet(0x0A)) }
        for set in sets {
            for range in set.ranges {
                cuts.insert(range.lowerBound)
                if range.upperBound < RuneSet.maxRune { cuts.insert(range.upperBound + 1) }
            }
            guard cuts.count < 8_192 else { return nil }
        }
        bounds = cuts.sorted()
        // Stretches that the same sets contain are one class; sets are walked in step with the stretches.
        var numbers: [[UInt64]: UInt16] = [:]
        let words = (sets.count + 63) / 64
        guard words * bounds.count <= 1 << 20 else { return nil }
        var members = [UInt64](repeating: 0, count: words * bounds.count)
        for (index, set) in sets.enumerated() {
            var stretch = 0
            for range in set.ranges {
                while bounds[stretch] < range.lowerBound { stretch += 1 }
                while stretch < bounds.count && bounds[stretch] <= range.upperBound {
                    members[stretch * words + index / 64] |= 1 << UInt64(index % 64)
                    stretch += 1
                }
                if stretch == bounds.count { break }
            }
        }
        for stretch in bounds.indices {
            let key = Array(members[(stretch * words)..<((stretch + 1) * words)])
            if let number = numbers[key] {
                classes.append(number)
            } else {
                let number = UInt16(numbers.count)
                numbers[key] = number
                classes.append(number)
                samples.append(bounds[stretch])
            }
        }
        count = samples.count
        for rune in 0..<128 { ascii[rune] = find(UInt32(rune)) }
    }

    func find(_ rune: UInt32) -> UInt16 {
        var low = 0
        var high = bounds.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if bounds[middle] <= rune { low = middle } else { high = middle }
        }
        return classes[low]
    }
}
