/// Follows all paths through a program at once, one character at a time. Time is at most proportional to text times
/// program, memory to the program.
struct RegexSimulation {
    private let program: RegexProgram
    /// Instructions reached, in the order they were found.
    private(set) var current: [Int32] = []
    private var marks: [UInt32]
    private var generation: UInt32 = 0
    private var stack: [Int32] = []
    /// How many instructions were looked at so far.
    private(set) var work = 0

    init(_ program: RegexProgram) {
        self.program = program
        marks = [UInt32](repeating: 0, count: program.instructions.count)
    }

    /// What is known about a place between two characters.
    struct Place {
        var isTextStart = false
        var isTextEnd = false
        var isAfterLineFeed = false
        var isBeforeLineFeed = false
        var isAfterWord = false
        var isBeforeWord = false

        func satisfies(_ assertion: RegexAssertion) -> Bool {
            switch assertion {
            case .textStart: isTextStart
            case .textEnd: isTextEnd
            case .lineStart: isTextStart || isAfterLineFeed
            case .lineEnd: isTextEnd || isBeforeLineFeed
            case .wordBoundary: isAfterWord != isBeforeWord
            case .notWordBoundary: isAfterWord == isBeforeWord
            }
        }
    }

    /// Everything that is reached from `seeds` without taking a character: the instructions that take one.
    /// - Returns: whether the end of the pattern is reached.
    mutating func close(_ seeds: [Int32], _ place: Place) -> Bool {
        if generation == .max {
            for index in marks.indices { marks[index] = 0 }
            generation = 0
        }
        generation += 1
        current.removeAll(keepingCapacity: true)
        var matched = false
        for seed in seeds {
            stack.append(seed)
            while let index = stack.popLast() {
                guard marks[Int(index)] != generation else { continue }
                marks[Int(index)] = generation
                work += 1
                switch program.instructions[Int(index)] {
                case .take: current.append(index)
                case .split(let first, let second):
                    stack.append(second)
                    stack.append(first)
                case .check(let assertion, let next): if place.satisfies(assertion) { stack.append(next) }
                case .match: matched = true
                }
            }
        }
        return matched
    }

    /// Where the instructions of the last closure go on with a character. May name an instruction twice.
    func step(_ rune: UInt32) -> [Int32] {
        var next: [Int32] = []
        for index in current {
            if case .take(let set, let target) = program.instructions[Int(index)],
                program.sets[Int(set)].contains(rune)
            {
                next.append(target)
            }
        }
        return next
    }

    /// Runs over a whole text.
    /// - Parameter anywhere: whether a match of any part will do.
    static func run(_ program: RegexProgram, _ text: UnsafeBufferPointer<UInt8>, anywhere: Bool) -> Bool {
        var simulation = RegexSimulation(program)
        var seeds = [program.start]
        var place = Place(isTextStart: true)
        var offset = 0
        while true {
            let isEnd = offset >= text.count
            let (rune, length) = isEnd ? (0, 0) : RuneReader.read(text, offset)
            place.isTextEnd = isEnd
            place.isBeforeLineFeed = !isEnd && rune == 0x0A
            place.isBeforeWord = !isEnd && ASCIIClass.word.contains(rune)
            let matched = simulation.close(seeds, place)
            if matched && (anywhere || isEnd) { return true }
            if isEnd { return false }
            seeds = simulation.step(rune)
            if anywhere { seeds.append(program.start) } else if seeds.isEmpty { return false }
            place = Place(isAfterLineFeed: place.isBeforeLineFeed, isAfterWord: place.isBeforeWord)
            offset += length
        }
    }
}

/// Reads characters from bytes that need not be UTF-8.
enum RuneReader {
    /// The character at an offset inside the text and its length; a byte that is not UTF-8 is U+FFFD of length 1.
    @inline(__always)
    static func read(_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> (rune: UInt32, length: Int) {
        let first = UInt32(text[offset])
        if first < 0x80 { return (first, 1) }
        let bad: (UInt32, Int) = (0xFFFD, 1)
        let length: Int
        var value: UInt32
        switch first {
        case 0xC2..<0xE0: (length, value) = (2, first & 0x1F)
        case 0xE0..<0xF0: (length, value) = (3, first & 0x0F)
        case 0xF0..<0xF5: (length, value) = (4, first & 0x07)
        default: return bad
        }
        guard offset + length <= text.count else { return bad }
        for index in 1..<length {
            let byte = UInt32(text[offset + index])
            guard byte & 0xC0 == 0x80 else { return bad }
            value = value << 6 | byte & 0x3F
        }
        if length == 3 && (value < 0x800 || (0xD800...0xDFFF).contains(value)) { return bad }
        if length == 4 && (value < 0x10000 || value > RuneSet.maxRune) { return bad }
        return (value, length)
    }
}
