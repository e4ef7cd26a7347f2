/// A deterministic automaton, built whole when it is small: one table look-up a character, no memory per match.
struct RegexTable: Sendable {
    private let classes: RuneClasses
    /// `state * classes.count + class` to state.
    private var transitions: [UInt16] = []
    /// The same for ASCII: `state * 128 + byte` to `state * 128`.
    private var asciiRows: [UInt32] = []
    private var start: UInt32 = 2
    /// Whether the text may end in a state.
    private var accepting: [Bool] = []
    private let anywhere: Bool

    /// The state that nothing leads out of, and the one that has matched for good.
    private static let dead: UInt16 = 0
    private static let done: UInt16 = 1

    private static let maxStates = 512
    private static let maxCells = 1 << 16
    private static let maxWork = 1 << 20

    private struct Key: Hashable {
        var seeds: [Int32]
        var isTextStart: Bool
        var isAfterLineFeed: Bool
        var isAfterWord: Bool

        func hash(into hasher: inout Hasher) {
            hasher.combine(isAfterWord)
            hasher.combine(isAfterLineFeed)
            seeds.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    /// Nil when the automaton would be large; the simulation serves then.
    init?(_ program: RegexProgram, anywhere: Bool) {
        guard program.instructions.count <= 4_096, let classes = RuneClasses(program) else { return nil }
        self.classes = classes
        self.anywhere = anywhere
        var simulation = RegexSimulation(program)
        var states: [Key: UInt16] = [:]
        var keys: [Key] = []
        let width = classes.count

        func append(_ key: Key) -> UInt16? {
            if let state = states[key] { return state }
            guard keys.count + 2 < Self.maxStates, (keys.count + 3) * width <= Self.maxCells else { return nil }
            keys.append(key)
            states[key] = UInt16(keys.count + 1)
            return UInt16(keys.count + 1)
        }
        let first = Key(seeds: [program.start], isTextStart: true, isAfterLineFeed: false, isAfterWord: false)
        guard append(first) != nil else { return nil }
        transitions = [UInt16](repeating: Self.dead, count: width) + [UInt16](repeating: Self.done, count: width)
        accepting = [false, true]
        var next = 0
        while next < keys.count {
            let key = keys[next]
            next += 1
            var place = RegexSimulation.Place(
                isTextStart: key.isTextStart, isAfterLineFeed: key.isAfterLineFeed, isAfterWord: key.isAfterWord)
            place.isTextEnd = true
            accepting.append(simulation.close(key.seeds, place))
            place.isTextEnd = false
            for sample in classes.samples {
                place.isBeforeLineFeed = program.usesLines && sample == 0x0A
                place.isBeforeWord = program.usesWordBoundary && ASCIIClass.word.contains(sample)
                let matched = simulation.close(key.seeds, place)
                guard simulation.work + transitions.count <= Self.maxWork else { return nil }
                if matched && anywhere {
                    transitions.append(Self.done)
                    continue
                }
                var seeds = simulation.step(sample)
                if anywhere { seeds.append(program.start) }
                guard !seeds.isEmpty else {
                    transitions.append(Self.dead)
                    continue
                }
                seeds.sort()
                Self.removeRepeats(&seeds)
                let target = Key(
                    seeds: seeds, isTextStart: false, isAfterLineFeed: place.isBeforeLineFeed,
                    isAfterWord: place.isBeforeWord)
                guard let state = append(target) else { return nil }
                transitions.append(state)
            }
        }
        finish()
    }

    /// Keeps one of equal neighbours.
    private static func removeRepeats(_ seeds: inout [Int32]) {
        var kept = 0
        for index in seeds.indices where index == 0 || seeds[index] != seeds[kept - 1] {
            seeds[kept] = seeds[index]
            kept += 1
        }
        seeds.removeSubrange(kept...)
    }

    /// Puts `done` and `dead` in the place of states that nothing leads out of, and lays out the ASCII rows.
    private mutating func finish() {
        let width = classes.count
        var replacement = (0..<accepting.count).map { UInt16($0) }
        for state in 2..<max(2, accepting.count) {
            let row = transitions[(state * width)..<((state + 1) * width)]
            if row.allSatisfy({ Int($0) == state }) { replacement[state] = accepting[state] ? Self.done : Self.dead }
        }
        for index in (2 * width)..<max(2 * width, transitions.count) {
            transitions[index] = replacement[Int(transitions[index])]
        }
        start = UInt32(replacement[2])
        asciiRows.reserveCapacity(accepting.count * 128)
        for state in accepting.indices {
            for byte in 0..<128 {
                asciiRows.append(UInt32(transitions[state * width + Int(classes.ascii[byte])]) << 7)
            }
        }
    }

    func run(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        asciiRows.withUnsafeBufferPointer { rows in
            var row = start << 7
            // States 0 and 1 are final.
            if row <= 1 << 7 { return row == 1 << 7 }
            var offset = 0
            let count = text.count
            while offset < count {
                let byte = text[offset]
                if byte < 0x80 {
                    row = rows[Int(row) + Int(byte)]
                    offset += 1
                } else {
                    let (rune, length) = RuneReader.read(text, offset)
                    let state = Int(row >> 7)
                    row = UInt32(transitions[state * classes.count + Int(classes.find(rune))]) << 7
                    offset += length
                }
                if row <= 1 << 7 { return row == 1 << 7 }
            }
            return accepting[Int(row >> 7)]
        }
    }
}
