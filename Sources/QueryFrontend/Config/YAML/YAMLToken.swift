/// What the scanner cuts a YAML text into. Indentation has already become starts and ends.
struct YAMLToken: Sendable {
    enum Kind: Sendable {
        case documentStart, streamEnd
        case blockSequenceStart, blockMappingStart, blockEnd
        case flowSequenceStart, flowSequenceEnd, flowMappingStart, flowMappingEnd
        case blockEntry, flowEntry, key, value
        case alias(String), anchor(String), tag(YAMLNode.Tag)
        case scalar(String, YAMLNode.Style)
        /// Scanning ended here; the error counts when the composer comes this far.
        case failure(YAMLError)
    }

    var kind: Kind
    var mark: YAMLMark
}
