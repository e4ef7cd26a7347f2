import Foundation

/// The Authorization field of basic authentication (RFC 7617).
enum BasicCredentials {
    static func field(_ credentials: FederationConfiguration.BasicAuth) -> String {
        let pair = credentials.username + ":" + credentials.password.reveal()
        return "Basic " + Data(pair.utf8).base64EncodedString()
    }
}
