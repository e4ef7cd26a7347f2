/// A regular expression that is matched in time linear in the text, whatever the pattern.
///
/// The syntax is RE2's as Go's regexp package has it, because that is what Tempo takes:
/// - characters, `.`, classes `[a-z]`, `[^a]`, `[[:alpha:]]`, `\d \s \w` (ASCII), `\p{Greek}`, `\pL`, `\P{Lu}`, `\p{^Lu}`;
/// - `x*`, `x+`, `x?`, `x{n}`, `x{n,}`, `x{n,m}` with n and m up to 1000 (and products of nested ones too), lazy forms;
/// - `x|y`, `(x)`, `(?:x)`, `(?P<name>x)`, `(?<name>x)`, flags `(?imsU-imsU)` and `(?i:x)`;
/// - `^ $ \A \z \b \B`, escapes `\a \f \n \r \t \v \123 \x7F \x{10FFFF} \Q...\E` and punctuation.
///
/// Look-around, back references and whatever else RE2 lacks do not compile. Beyond that, groups may nest 200 levels deep
/// and a pattern may come to 50,000 instructions; larger ones fail with `isUnsupported`, while Tempo may take them.
/// Scripts are those of Unicode 15.0; ASCII word boundaries as in RE2. Bytes that are not UTF-8 count as U+FFFD each.
public struct RegularExpression: Sendable {
    /// A pattern does not compile.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// Whether the pattern is correct but beyond what is implemented here.
        public let isUnsupported: Bool
        /// The reason, lower case, without the pattern.
        public let description: String

        init(_ description: String, isUnsupported: Bool = false) {
            self.description = description
            self.isUnsupported = isUnsupported
        }
    }

    /// What an expression will be used for; the other use works too, only slower.
    public enum Purpose: Sendable, Hashable {
        /// `matches`
        case matching
        /// `search`
        case searching
    }

    private let program: RegexProgram
    private let table: RegexTable?
    private let purpose: Purpose

    /// Compiles a pattern.
    /// - Parameters:
    ///   - dotMatchesLineFeed: what the flag `s` says at the start. True is how Tempo compiles the operand of `=~`; false is
    ///     the default of RE2.
    ///   - purpose: which of the two questions will be asked mostly.
    /// - Throws: `Failure` for what does not compile.
    public init(
        _ pattern: String, dotMatchesLineFeed: Bool = true, purpose: Purpose = .matching
    ) throws(Failure) {
        try self.init(utf8: Array(pattern.utf8), dotMatchesLineFeed: dotMatchesLineFeed, purpose: purpose)
    }

    /// Compiles a pattern from bytes; ones that are not UTF-8 do not compile.
    public init(
        utf8 pattern: [UInt8], dotMatchesLineFeed: Bool = true, purpose: Purpose = .matching
    ) throws(Failure) {
        var parser = try RegexParser(utf8: pattern, dotMatchesLineFeed: dotMatchesLineFeed)
        program = try RegexProgram(parser.parse())
        table = RegexTable(program, anywhere: purpose == .searching)
        self.purpose = purpose
    }

    /// How many instructions the pattern came to, 50,000 at most: memory is in proportion.
    public var instructionCount: Int { program.instructions.count }

    /// The most steps that one character of a text can cost for the purpose given at the start: 1 where the pattern became
    /// a table of states, else the number of instructions.
    public var stepsPerCharacter: Int { table == nil ? instructionCount : 1 }

    /// Checks that a pattern compiles, without the work of making it fast.
    public static func check(utf8 pattern: [UInt8]) throws(Failure) {
        var parser = try RegexParser(utf8: pattern, dotMatchesLineFeed: true)
        let node = try parser.parse()
        guard node.instructionCount < RegexProgram.maxInstructions else {
            throw Failure("expression too large", isUnsupported: true)
        }
    }

    /// What came of matching once.
    enum SingleMatch {
        case matches(Bool)
        /// The pattern does not compile.
        case invalid
        /// It would take more steps than are left.
        case tooCostly
    }

    /// Whether the whole text matches a pattern that is not used again: nothing is done to make it fast.
    /// - Parameter steps: how many steps of the automaton are left; those that may be taken are subtracted.
    static func matchOnce(_ text: [UInt8], pattern: [UInt8], steps: inout Int) -> SingleMatch {
        guard var parser = try? RegexParser(utf8: pattern, dotMatchesLineFeed: true), let node = try? parser.parse()
        else { return .invalid }
        guard node.instructionCount < RegexProgram.maxInstructions else { return .invalid }
        // Below 2^16 times below 2^48.
        steps -= node.instructionCount * (text.count + 1)
        guard steps >= 0 else { return .tooCostly }
        guard let program = try? RegexProgram(node) else { return .invalid }
        return .matches(text.withUnsafeBufferPointer { RegexSimulation.run(program, $0, anywhere: false) })
    }

    /// Whether the whole text matches, from its first byte to its last: the question that `=~` asks.
    public func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { run($0, anywhere: false) } }

    /// Whether the whole text matches.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { run($0, anywhere: false) }
    }

    /// Whether the whole text matches, for bytes that stand elsewhere.
    func matches(utf8 text: UnsafeBufferPointer<UInt8>) -> Bool { run(text, anywhere: false) }

    /// Whether some part of the text matches.
    public func search(_ text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { run($0, anywhere: true) } }

    /// Whether some part of the text matches.
    public func search(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { run($0, anywhere: true) }
    }

    private func run(_ text: UnsafeBufferPointer<UInt8>, anywhere: Bool) -> Bool {
        if let table, anywhere == (purpose == .searching) { return table.run(text) }
        return RegexSimulation.run(program, text, anywhere: anywhere)
    }
}
