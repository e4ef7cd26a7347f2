import Testing

@testable import TraceStore

@Suite struct OTLPEncodingTests {
    @Test func theTwoEncodingsDiffer() {
        #expect(OTLPEncoding.protobuf != .json)
    }
}
