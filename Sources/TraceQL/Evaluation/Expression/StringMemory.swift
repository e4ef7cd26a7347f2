/// Strings as expressions meet them, and what tests said about each.
///
/// Numbers below 2^30 are those of the table's dictionary. Numbers from there on are this value's own: first the literals of
/// the query, then texts that were made for the current trace.
struct StringMemory {
    static let ownBase: UInt32 = 1 << 30
    /// The empty string, which stands for what is not there.
    static let empty = StringRef(ownBase)

    private var literals: [[UInt8]] = []
    private var own = StringInterner()
    private var dictionary: (any StringDictionary)?
    private var generation: UInt64 = 0
    private var tests: [StringTest] = []
    /// Per string of the dictionary and test: 0 not known, 1 fails, 2 passes.
    private var answers: ContiguousArray<UInt8> = []
    /// How many tests have their answers remembered.
    private var width = 0
    private var emptyAnswers: ContiguousArray<UInt8> = []
    /// Numbers that are the same for equal strings, by number in the dictionary; 0 is not known, else the number plus one.
    private var canonical: ContiguousArray<UInt32> = []
    private var groups = StringInterner()

    private static let maxAnswerBytes = 1 << 26
    private static let maxGroupBytes = 1 << 26

    /// Takes up a query: its tests, and its literals, of which the first is the empty string.
    mutating func attach(_ tests: [StringTest], literals: [[UInt8]]) {
        self.tests = tests
        self.literals = literals
        forget()
        renewOwn()
    }

    /// Begins a trace whose strings are in a dictionary.
    mutating func begin(_ dictionary: any StringDictionary) {
        if self.dictionary !== dictionary || generation != dictionary.generation { forget() }
        self.dictionary = dictionary
        generation = dictionary.generation
        if own.count > literals.count { renewOwn() }
        if groups.byteCount > Self.maxGroupBytes {
            groups.removeAll()
            canonical.removeAll()
        }
    }

    private mutating func forget() {
        answers.removeAll(keepingCapacity: true)
        emptyAnswers = ContiguousArray(repeating: 0, count: tests.count)
        width = tests.count
        canonical.removeAll(keepingCapacity: true)
        groups.removeAll()
    }

    private mutating func renewOwn() {
        own.removeAll()
        for literal in literals { _ = own.intern(literal) }
    }

    // MARK: - Own strings

    /// The number of a text made from a value of this trace.
    mutating func intern(_ text: [UInt8]) -> StringRef { StringRef(own.intern(text).id &+ Self.ownBase) }

    /// The bytes of a string of either kind.
    func withBytes<Result>(of ref: StringRef, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if ref.id >= Self.ownBase { return own.withBytes(of: StringRef(ref.id &- Self.ownBase), body) }
        guard let dictionary else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        return dictionary.withBytes(of: ref, body)
    }

    /// The bytes of a string of either kind.
    func bytes(of ref: StringRef) -> [UInt8] { withBytes(of: ref) { Array($0) } }

    // MARK: - Tests

    /// Whether a string passes a test.
    @inline(__always)
    mutating func passes(_ ref: StringRef, _ test: Int) -> Bool {
        if ref.id < Self.ownBase, test < width {
            let index = Int(ref.id) &* width &+ test
            if index < answers.count {
                let answer = answers[index]
                if answer != 0 { return answer == 2 }
            }
        }
        return passesSlowly(ref, test)
    }

    @inline(never)
    private mutating func passesSlowly(_ ref: StringRef, _ test: Int) -> Bool {
        if ref == Self.empty, emptyAnswers[test] != 0 { return emptyAnswers[test] == 2 }
        let passes = withBytes(of: ref) { tests[test].passes($0, tests) }
        if ref == Self.empty {
            emptyAnswers[test] = passes ? 2 : 1
        } else if ref.id < Self.ownBase, test < width {
            makeRoom()
            let index = Int(ref.id) &* width &+ test
            if index < answers.count { answers[index] = passes ? 2 : 1 }
        }
        return passes
    }

    /// Whether bytes that have no number pass a test.
    func passes(_ text: [UInt8], _ test: Int) -> Bool { text.withUnsafeBufferPointer { tests[test].passes($0, tests) } }

    /// Remembers as many answers a string as fit into bounded memory.
    private mutating func makeRoom() {
        guard let dictionary else { return }
        let count = min(dictionary.count, Int(Self.ownBase))
        let wanted = min(tests.count, count == 0 ? tests.count : Self.maxAnswerBytes / count)
        if wanted < width {
            answers.removeAll()
            width = wanted
        }
        let missing = count * width - answers.count
        if missing > 0 {
            // Half as much again, so that a dictionary that grows string by string does not cost a step each.
            answers.append(contentsOf: repeatElement(0, count: missing + min(missing, Self.maxAnswerBytes) / 2))
        }
    }

    // MARK: - Comparing

    func areEqual(_ a: StringRef, _ b: StringRef) -> Bool {
        if a == b { return true }
        return withBytes(of: a) { x in withBytes(of: b) { y in x.count == y.count && x.elementsEqual(y) } }
    }

    func precedes(_ a: StringRef, _ b: StringRef) -> Bool {
        withBytes(of: a) { x in withBytes(of: b) { y in x.lexicographicallyPrecedes(y) } }
    }

    /// A number that equal strings share, until the dictionary becomes another.
    mutating func canonicalNumber(_ ref: StringRef) -> UInt32 {
        let index = Int(ref.id)
        if ref.id < Self.ownBase, index < canonical.count, canonical[index] != 0 { return canonical[index] - 1 }
        let number = canonicalNumber(bytes(of: ref))
        if ref.id < Self.ownBase, let dictionary, index < dictionary.count {
            if index >= canonical.count {
                canonical.append(contentsOf: repeatElement(0, count: dictionary.count - canonical.count))
            }
            canonical[index] = number + 1
        }
        return number
    }

    /// The same for bytes.
    mutating func canonicalNumber(_ bytes: [UInt8]) -> UInt32 { groups.intern(bytes).id }
}
