package dev.reprise.spring.internal.retry;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.RetryInterceptor;
import dev.reprise.run.RetryListener;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.framework.ProxyProcessorSupport;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/**
 * Puts retries around the beans that have {@code @RetryWith}: outside transactions and caches, so
 * that each attempt has its own, and inside {@code @Async}, whose processor comes later.
 */
public final class RetryWithPostProcessor extends ProxyProcessorSupport
        implements BeanPostProcessor, BeanFactoryAware {
    private static final long serialVersionUID = 1;

    private final transient Map<Class<?>, Boolean> applies = new ConcurrentHashMap<>();
    private transient @Nullable ConfigurableListableBeanFactory beans;

    /** Puts proxies around classes, or if possible only around interfaces. */
    public RetryWithPostProcessor(boolean proxiesClasses) {
        setProxyTargetClass(proxiesClasses);
        setOrder(LOWEST_PRECEDENCE - 1);
    }

    @Override
    public void setBeanFactory(BeanFactory factory) {
        beans = (ConfigurableListableBeanFactory) factory;
    }

    @Override
    @SuppressWarnings("NullAway") // The factory is set before any bean is processed.
    public Object postProcessAfterInitialization(Object bean, String name) {
        Class<?> type = AopUtils.getTargetClass(bean);
        if (bean instanceof AopInfrastructureBean
                || !applies.computeIfAbsent(type, this::applies)) {
            return bean;
        }
        Object singleton = AopProxyUtils.getSingletonTarget(bean);
        Object target = singleton != null ? singleton : bean;
        CallObserver observer = CallObserver.of(type, beans);
        RetryInterceptor interceptor = interceptor(target, name, observer);
        RetryAdvisor advisor = new RetryAdvisor(interceptor, observer, type);
        return advise(bean, type, new RetryWithChecks(name, type), interceptor, advisor);
    }

    private boolean applies(Class<?> type) {
        if (type.getName().startsWith("org.springframework.")) {
            return false;
        }
        try {
            return RetryInterceptor.appliesTo(type);
        } catch (NoClassDefFoundError e) {
            return false; // a class of another library, which names what is not there
        }
    }

    @SuppressWarnings("NullAway") // The factory is set before any bean is processed.
    private RetryInterceptor interceptor(Object target, String name, CallObserver observer) {
        RetryListener listener = BeanListeners.of(beans);
        try {
            return RetryInterceptor.of(
                    target,
                    beans.getBean(NamedPolicies.class),
                    text -> String.valueOf(beans.resolveEmbeddedValue(text)),
                    (method, builder) -> {
                        if (listener != null) {
                            builder.listener(listener);
                        }
                        observer.add(method, builder);
                    });
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake("bean '" + name + "': " + e.getMessage(), e);
        }
    }

    private Object advise(
            Object bean,
            Class<?> type,
            RetryWithChecks checks,
            RetryInterceptor interceptor,
            RetryAdvisor advisor) {
        if (bean instanceof Advised advised && !advised.isFrozen()) {
            checks.check(interceptor.methods(), advised.isProxyTargetClass());
            advised.addAdvisor(0, advisor);
            return bean;
        }
        ProxyFactory factory = new ProxyFactory();
        factory.copyFrom(this);
        factory.setTarget(bean);
        if (Proxy.isProxyClass(type)) {
            factory.setProxyTargetClass(false);
        }
        if (!factory.isProxyTargetClass()) {
            evaluateProxyInterfaces(type, factory);
        }
        checks.check(interceptor.methods(), factory.isProxyTargetClass());
        factory.addAdvisor(advisor);
        return factory.getProxy(type.getClassLoader());
    }
}
