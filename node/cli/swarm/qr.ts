/** A QR code of half blocks. Upper case takes half the room, and these texts mean the same in either. */
export async function qrText(text: string): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr')
  return renderUnicodeCompact(text.toUpperCase(), { ecc: 'L', border: 2 })
}
