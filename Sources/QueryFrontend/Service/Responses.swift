import HTTPTransport
import TempoAPI

extension HTTPResponse {
    private static let plainText = "text/plain; charset=utf-8"

    /// The three shapes of Tempo's error answers.
    init(_ error: APIError, isQuery: Bool) {
        var fields = HTTPFields()
        switch error.shape {
        case .plain:
            fields.append("Content-Type", Self.plainText)
            if isQuery { fields.append("Vary", "Accept-Encoding") }
            self.init(
                status: error.status, fields: fields, body: .bytes(Array(error.message.utf8)), compressible: isQuery)
        case .line:
            fields.append("Content-Type", Self.plainText)
            fields.append("X-Content-Type-Options", "nosniff")
            self.init(status: error.status, fields: fields, body: .bytes(Array((error.message + "\n").utf8)))
        case .empty:
            if isQuery { fields.append("Vary", "Accept-Encoding") }
            self.init(status: error.status, fields: fields)
        }
    }

    /// A text answer of the status pages.
    init(status: Int = 200, text: String, contentType: String = plainText, noSniff: Bool = false) {
        var fields = HTTPFields()
        fields.append("Content-Type", contentType)
        if noSniff { fields.append("X-Content-Type-Options", "nosniff") }
        self.init(status: status, fields: fields, body: .bytes(Array(text.utf8)))
    }

    /// The answer of a query endpoint: compressed where the client likes it.
    init(query body: HTTPResponseBody, contentType: String) {
        var fields = HTTPFields()
        fields.append("Content-Type", contentType)
        fields.append("Vary", "Accept-Encoding")
        self.init(status: 200, fields: fields, body: body, compressible: true)
    }
}
