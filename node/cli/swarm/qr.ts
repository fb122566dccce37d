/**
 * A QR code of half blocks, light on dark. A text in upper case takes half the room of another: invitations mean the
 * same in either.
 */
export async function qrText(text: string): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr')
  return renderUnicodeCompact(text, { ecc: 'L', border: 2 })
}
