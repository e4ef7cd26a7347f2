/// The two generations of an endpoint.
enum APIVersion: Sendable, Hashable {
    case v1
    case v2
}
