/// The head of every page: one file, no scripts, nothing from elsewhere.
enum HTMLHead {
    /// - Parameters:
    ///   - title: What the page is, as text.
    ///   - style: Further rules behind the common sheet.
    /// - Returns: The markup up to the body.
    static func render(_ title: String, style: String = "") -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(Escaping.markup(title)) – fullhouse</title>
        <style>
        \(HTMLStyle.sheet)\(style.isEmpty ? "" : "\n" + style)
        </style></head>

        """
    }
}
