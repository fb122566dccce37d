import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, ERRORS } from '../../protocol/errors.ts'
import { ApiProblem, PROBLEM_TYPE, problemBody } from './problem.ts'
import { faultOf } from './validation-fault.ts'

/** Fastify's own errors; whatever isn't listed is a fault of this server. */
const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body_missing',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_CTP_INVALID_CONTENT_TYPE: 'media_type_unsupported',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
}

/** What the validator calls the parts of a request, and what callers do. */
const PARTS: Readonly<Record<string, string>> = { querystring: 'query', headers: 'header' }

function validationProblem(error: Partial<FastifyError>, request: FastifyRequest): ApiProblem {
  if (error.validationContext === 'params') {
    return new ApiProblem(request.routeOptions.config.notFound ?? 'not_found')
  }
  return faultOf(error.validation ?? [], PARTS[error.validationContext ?? ''] ?? 'body')
}

function problemOf(error: Error & Partial<FastifyError>, request: FastifyRequest): ApiProblem {
  if (error instanceof ApiProblem) return error
  if (error.validation !== undefined) return validationProblem(error, request)
  const code = FRAMEWORK_CODES[error.code ?? '']
  if (code !== undefined) return new ApiProblem(code)
  // A body cut short or aborted: nobody is left to read the answer.
  if (error.statusCode === 400) return new ApiProblem('malformed_request')
  request.log.error({ err: error }, 'request failed')
  return new ApiProblem('internal', 'the log has more under this request_id')
}

/** When it is worth asking again. */
const RETRY_AFTER_SECONDS: Readonly<Partial<Record<ErrorCode, number>>> = {
  // A peer that has just started asks its witnesses again within seconds.
  not_ready: 1,
  queue_full: 1,
  outcome_unknown: 1,
  api_key_attempts: 60,
}

/** Answers with a problem; the cause of an unexpected one goes to the log and nowhere else. */
export function sendProblem(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request)
  const retryAfterSeconds = RETRY_AFTER_SECONDS[problem.code]
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  if (problem.status === 401) reply.header('www-authenticate', 'X-API-Key')
  // As bytes, since Fastify adds a charset to a text's type, and JSON's has no such parameter.
  return reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', 'x-request-id': request.id })
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problemBody(problem, request.id))))
}

const CONNECTION_CODES: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
}

/** Answers bytes that never became a request, and ends the connection. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const code = CONNECTION_CODES[error.code ?? ''] ?? 'malformed_request'
  const { status, title } = ERRORS[code]
  const body = JSON.stringify(problemBody({ code, detail: title }, requestId))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/**
 * JSON, and only well-formed UTF-8: a replaced byte would silently change what was asked. Routes that take an
 * envelope take it bare as well, as `application/cbor`.
 */
export function acceptBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(body as Buffer)
    } catch {
      return done(new ApiProblem('malformed_json', 'the body is not valid UTF-8'))
    }
    if (text === '') return done(new ApiProblem('body_missing'))
    void parseJson(request, text, (error, value) =>
      error === null
        ? done(null, value)
        : done(new ApiProblem('malformed_json', 'the body is not valid JSON')),
    )
  })
  app.addContentTypeParser('application/cbor', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.routeOptions.config.takesCbor !== true) return done(new ApiProblem('media_type_unsupported'))
    if (body.length === 0) return done(new ApiProblem('body_missing'))
    done(null, { envelope: Buffer.from(body).toString('base64') })
  })
}
