/// Hands each message of Tempo's API to a check; the number chooses, and wraps around.
func withMessage(_ number: UInt8, _ check: (any WireMessage.Type) -> Void) {
    let all: [any WireMessage.Type] = [
        Trace.self, SearchResponse.self, TraceByIDResponse.self, SearchTagsV2Response.self,
        SearchTagValuesV2Response.self,
        QueryRangeResponse.self, QueryInstantResponse.self, SearchTagsResponse.self, SearchTagValuesResponse.self,
        SearchRequest.self, QueryRangeRequest.self, QueryInstantRequest.self, SearchTagsRequest.self,
        SearchTagValuesRequest.self, TraceByIDRequest.self, AnyValue.self,
    ]
    check(all[Int(number) % all.count])
}

/// A text without a floating point number that JSON cannot carry apart (`NaN` has many bit patterns) stays what it is on every way.
func checkRoundTrips<M: WireMessage>(_ message: M) {
    let protobuf = message.protobuf
    let json = message.json
    precondition(message.protobufSize == protobuf.count, "\(M.self): measured \(message.protobufSize)")
    guard let first = try? M.decode(protobuf: protobuf) else { fatalError("\(M.self): own protobuf refused") }
    precondition(first.protobuf == protobuf, "\(M.self): protobuf changes")
    precondition(first.json == json, "\(M.self): JSON changes by way of protobuf")
    guard let second = try? M.decode(json: json) else { fatalError("\(M.self): own JSON refused") }
    precondition(second.json == json, "\(M.self): JSON changes")
    var appended: [UInt8] = [1, 2]
    message.appendProtobuf(to: &appended)
    precondition(appended.elementsEqual([1, 2] + protobuf), "\(M.self): appending differs")
}
