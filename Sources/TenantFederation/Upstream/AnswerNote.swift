/// What an upstream says of an answer that is less than what was asked for, though no failure.
package struct AnswerNote: Sendable, Hashable {
    /// How much less.
    package enum Level: Sendable, Hashable {
        /// Something in it is a guess.
        case approximate
        /// Something is missing.
        case partial
    }

    package var level: Level
    /// In few words, naming the target.
    package var text: String

    package init(_ level: Level, _ text: String) {
        self.level = level
        self.text = text
    }
}
