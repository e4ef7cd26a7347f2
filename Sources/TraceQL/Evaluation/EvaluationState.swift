/// What an evaluator remembers between traces: scratch memory, and what predicates said about strings.
///
/// One task uses it, for one evaluator. What is remembered about strings is dropped when the table's dictionary, or its
/// generation, is another than at the last call.
public struct EvaluationState {
    /// Nothing remembered yet.
    public init() {}

    /// The value with its bytes: for values that `SearchEvaluator.value(_:ofSpan:in:_:)` gave for the current trace.
    public func `static`(_ value: EvaluatedValue, _ table: SpanTable) -> Static { .null }
}
