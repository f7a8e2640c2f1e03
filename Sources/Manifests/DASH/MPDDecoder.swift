enum MPDDecoder { static func decode(_ bytes: [UInt8], limits: DecodingLimits) throws(ManifestError) -> Presentation { throw .malformed(line: nil, detail: "x") } }
