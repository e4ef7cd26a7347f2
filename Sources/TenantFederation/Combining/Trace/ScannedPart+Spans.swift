extension ScannedPart {
    /// Whether the part holds anything of the trace; a target that does not have it may say so by an empty part.
    package var holdsSpans: Bool { !index.spans.isEmpty }
}
