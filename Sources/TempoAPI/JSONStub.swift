extension WireMessage {
    /// Reads a message from JSON.
    public static func decode(json bytes: [UInt8], limits: WireLimits) throws(WireError) -> Self { Self() }
    /// Appends the JSON encoding.
    public func appendJSON(to bytes: inout [UInt8]) {}
}
