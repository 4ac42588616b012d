/** For tools that read TypeScript but not Vue files; vue-tsc has each component's own type. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}
