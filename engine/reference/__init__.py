"""The reference server: a small, strict ASGI server, on h11 and the sans-IO half of websockets.

It is a yardstick and not meant for production: complete rather than fast. A failure on it is caused by the application
or the case. It refuses every request and every frame that a clause allows it to refuse, and it checks the messages of
applications: a violation of a clause raises a ``Violation`` from ``send()``, and logs one line that names the clause as
in the catalogue (``reference: RESP-17: ...``).

Like the observer, it is copied into targets, as the package ``engine_reference``. So it uses relative imports, and
otherwise imports only h11, websockets and the standard library; uvloop if that loop is requested.

    options     the command line                     violations  errors of an application, and the disconnect
    main        from the command line to the end     events      the events, and the types of their keys
    server      connections, signals, a quiet end    fields      the header fields of an application
    lifespan    startup, shutdown, state             response    an application's response, as bytes
    stream      bytes in and out                     exchange    one request and the call that answers it
    connection  a connection's requests in turn      scope       the scope of a request
    head        a request's head, checked            opening     a WebSocket's handshake
    target      a request's target and Host          frames      a WebSocket's frames, one by one
    body        a request's body                     session     a WebSocket and the call that serves it
    workers     several processes on one socket      deflate     permessage-deflate, to the last block
    http2       connections of HTTP/2, by the preface, without a library
    tls         TLS, and its data in a scope         mutants     one deliberate fault by name
"""
