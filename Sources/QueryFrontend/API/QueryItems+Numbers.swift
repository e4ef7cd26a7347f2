extension QueryItems {
    /// The parameter read by a grammar; nil when absent. A text outside the grammar throws `invalid <name>: <reason>`, or with
    /// another `label` in place of `invalid <name>`.
    func parsed<Value>(
        _ name: String, label: String? = nil, _ parse: (_ text: [UInt8]) throws(GrammarError) -> Value
    ) throws(APIError) -> Value? {
        guard let text = value(name) else { return nil }
        do {
            return try parse(text)
        } catch {
            throw .badRequest("\(label ?? "invalid \(name)"): \(error.message)")
        }
    }

    /// An unsigned 32-bit number.
    func uint32(_ name: String) throws(APIError) -> UInt32? {
        try parsed(name) { text throws(GrammarError) in try GoNumber.parseUint32(text) }
    }

    /// An unsigned 32-bit number on an endpoint that ignores what it cannot read.
    func uint32OrNil(_ name: String) -> UInt32? {
        value(name).flatMap { try? GoNumber.parseUint32($0) }
    }
}
