import { call } from './client'

/** The name and the version of the server. */
export const about = () => call('GET', '/', {})
