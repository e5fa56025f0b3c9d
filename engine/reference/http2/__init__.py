"""HTTP/2 of the reference server (RFC 9113), and HPACK (RFC 7541), without a library.

It shares no code with the engine's client, so an error of one cannot hide an error of the other. A connection that
begins with the preface, or that has agreed on ``h2`` by ALPN, is served here.

    faults      errors of a stream and of the connection     request     a field section as a request, checked
    frames      frames in and out                            response    the application's events as frames
    huffman     the code of HPACK                            exchange    one stream and the call that answers it
    tables      the tables of HPACK                          protocol    streams and windows, without I/O
    hpack       field sections in and out                    connection  bytes, tasks, time limits, and the end
    settings    both sides' settings                         budget      limits of what costs a client nothing
    tunnel      a stream as the bytes of a connection        conversation  a WebSocket in a tunnel (RFC 8441)
"""
