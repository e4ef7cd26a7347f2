/// The method label of metrics: a client may send any token, the label must not.
enum MetricMethod {
    static func label(_ method: String) -> String {
        switch method {
        case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS": method
        default: "other"
        }
    }
}
