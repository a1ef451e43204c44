import Hummingbird
import NIOCore

/// The stylesheet, the script and the sign, embedded.
struct ConsoleAssets {
    func add(to pages: RouterGroup<OperatorContext>) {
        let all: [(RouterPath, String, [UInt8])] = [
            ("assets/console.css", "text/css; charset=utf-8", PackageResources.console_css),
            ("assets/console.js", "text/javascript; charset=utf-8", PackageResources.console_js),
            ("assets/sign.svg", "image/svg+xml", PackageResources.sign_svg),
        ]
        for (path, type, bytes) in all {
            let body = ByteBuffer(bytes: bytes)
            pages.get(path) { _, _ in
                Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: body))
            }
        }
    }
}
