import HTTPTransport
import TempoAPI

extension FrontendService {
    /// A message in the form the client accepts. Encoding a large one leaves the event loop.
    func respond<Message: WireMessage>(with message: Message, _ scope: QueryScope) async throws -> HTTPResponse {
        let size = message.protobufSize
        let isProtobuf = scope.format == .protobuf
        if scope.format == .llm, let values = message as? SearchTagValuesV2Response {
            var body: [UInt8] = []
            values.appendLLMJSON(to: &body)
            return HTTPResponse(query: .bytes(body), contentType: "application/vnd.grafana.llm+json")
        }
        let bytes = await OffLoop.run(cost: size) { isProtobuf ? message.protobuf : message.json }
        return HTTPResponse(
            query: .bytes(bytes), contentType: isProtobuf ? "application/protobuf" : "application/json")
    }
}
