/// A deterministic automaton, built whole when it is small: one table look-up a character, no memory per match.
struct RegexTable: Sendable {
    private let classes: RuneClasses
    /// `state * classes.count + class` to state.
    private var transitions: [UInt16] = []
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
        let start = Key(seeds: [program.start], isTextStart: true, isAfterLineFeed: false, isAfterWord: false)
        guard append(start) != nil else { return nil }
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
                var seeds = Array(Set(simulation.step(sample)))
                if anywhere && !seeds.contains(program.start) { seeds.append(program.start) }
                guard !seeds.isEmpty else {
                    transitions.append(Self.dead)
                    continue
                }
                seeds.sort()
                let target = Key(
                    seeds: seeds, isTextStart: false, isAfterLineFeed: place.isBeforeLineFeed,
                    isAfterWord: place.isBeforeWord)
                guard let state = append(target) else { return nil }
                transitions.append(state)
            }
        }
    }

    func run(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let width = classes.count
        return transitions.withUnsafeBufferPointer { transitions in
            classes.ascii.withUnsafeBufferPointer { ascii in
                var state = 2
                var offset = 0
                while offset < text.count {
                    let byte = text[offset]
                    let kind: Int
                    if byte < 0x80 {
                        kind = Int(ascii[Int(byte)])
                        offset += 1
                    } else {
                        let (rune, length) = RuneReader.read(text, offset)
                        kind = Int(classes.find(rune))
                        offset += length
                    }
                    state = Int(transitions[state * width + kind])
                    if state <= 1 { return state == 1 }
                }
                return accepting[state]
            }
        }
    }
}
